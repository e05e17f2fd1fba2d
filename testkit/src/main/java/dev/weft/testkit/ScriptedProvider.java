package dev.weft.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A server that answers as OpenAI's API is documented to: chat completions, whole and streamed, and embeddings. Its chat model says what it was told
 * last, its embedding model counts letters. Faults can be put before the next answers.
 */
public final class ScriptedProvider implements AutoCloseable {

    /** The API key that it takes. */
    public static final String KEY = "sk-for-tests";

    /** How many numbers its vectors have where a request does not say. */
    public static final int DIMENSIONS = 26;

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Vertx vertx = Vertx.vertx();
    private final HttpServer server;
    private final Deque<Fault> faults = new ConcurrentLinkedDeque<>();
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final AtomicInteger connections = new AtomicInteger();

    /**
     * What was asked.
     *
     * @param path as {@code /v1/embeddings}
     */
    public record Request(String path, JsonNode body) {}

    /** What goes wrong with a request. */
    @FunctionalInterface
    public interface Fault {
        void answer(HttpServerRequest request);
    }

    /** Listens on a port of its own on loopback. */
    public ScriptedProvider() {
        server = ended(vertx.createHttpServer()
                .connectionHandler(_ -> connections.incrementAndGet())
                .requestHandler(request -> request.bodyHandler(body -> handle(request, body)))
                .listen(0, "127.0.0.1"));
    }

    private static <T> T ended(Future<T> future) {
        try {
            return future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What a client follows with {@code /chat/completions}. */
    public String baseUrl() {
        return "http://127.0.0.1:" + server.actualPort() + "/v1";
    }

    /** What has been asked so far, faults included. */
    public List<Request> requests() {
        return List.copyOf(requests);
    }

    /** How many connections there have been. */
    public int connections() {
        return connections.get();
    }

    /** The next requests meet these, one each. */
    public void fail(Fault... next) {
        faults.addAll(List.of(next));
    }

    /** Nothing goes wrong any more. */
    public void recover() {
        faults.clear();
    }

    /** An answer of another status, with headers as names and values in turn. */
    public static Fault status(int status, String body, String... headers) {
        return request -> {
            for (int i = 0; i < headers.length; i += 2) {
                request.response().putHeader(headers[i], headers[i + 1]);
            }
            write(request, status, body);
        };
    }

    /** No answer: the connection is closed. */
    public static Fault hangUp() {
        return request -> request.connection().close();
    }

    /** A stream that begins with this, after which the connection is closed. */
    public static Fault breakOff(String events) {
        return request -> request.response().setChunked(true).write(events).onComplete(_ -> request.connection()
                .close());
    }

    /** Nothing more than this, until the client goes away; no headers either when it is empty. */
    public static Fault silence(String events) {
        return request -> {
            if (!events.isEmpty()) {
                request.response().setChunked(true).write(events);
            }
        };
    }

    private void handle(HttpServerRequest request, Buffer buffer) {
        JsonNode body = json(buffer);
        requests.add(new Request(String.valueOf(request.path()), body));
        Fault fault = faults.poll();
        if (fault != null) {
            fault.answer(request);
            return;
        }
        if (!("Bearer " + KEY).equals(request.getHeader("Authorization"))) {
            refuse(request, 401, "Incorrect API key provided: sk-for-****", "invalid_api_key");
            return;
        }
        switch (String.valueOf(request.path())) {
            case "/v1/chat/completions" -> chat(request, body);
            case "/v1/embeddings" -> embeddings(request, body);
            default -> refuse(request, 404, "Unknown request URL", "unknown_url");
        }
    }

    private static JsonNode json(Buffer body) {
        try {
            return JSON.readTree(body.getBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void refuse(HttpServerRequest request, int status, String message, String code) {
        ObjectNode error = JSON.createObjectNode();
        error.putObject("error")
                .put("message", message)
                .put("type", "invalid_request_error")
                .putNull("param")
                .put("code", code);
        write(request, status, error.toString());
    }

    private static void write(HttpServerRequest request, int status, String body) {
        request.response().setStatusCode(status).end(body);
    }

    private static void chat(HttpServerRequest request, JsonNode body) {
        JsonNode messages = body.path("messages");
        JsonNode last = messages.path(messages.size() - 1).path("content");
        if (!body.path("tools").isEmpty() && last.isTextual()) {
            call(request, body, last.asText());
            return;
        }
        if (!last.isTextual()) {
            refuse(request, 400, "Invalid type for 'messages[0].content'.", "invalid_type");
            return;
        }
        List<String> words = List.of(("You said: " + last.asText()).splitWithDelimiters(" ", 0));
        int limit =
                body.path("max_completion_tokens").asInt(body.path("max_tokens").asInt(words.size()));
        List<String> said = words.subList(0, Math.min(limit, words.size()));
        ObjectNode usage = JSON.createObjectNode()
                .put("prompt_tokens", last.asText().length())
                .put("completion_tokens", said.size())
                .put("total_tokens", last.asText().length() + said.size());
        String reason = said.size() < words.size() ? "length" : "stop";
        if (body.path("stream").asBoolean()) {
            stream(
                    request,
                    said,
                    reason,
                    body.at("/stream_options/include_usage").asBoolean(),
                    usage);
            return;
        }
        ObjectNode answer = chunk(Optional.empty()).put("object", "chat.completion");
        ObjectNode choice = (ObjectNode) answer.path("choices").path(0);
        choice.remove("delta");
        choice.put("finish_reason", reason)
                .putObject("message")
                .put("role", "assistant")
                .put("content", String.join("", said));
        answer.set("usage", usage);
        write(request, 200, answer.toString());
    }

    /** Wants the first tool called with what was said last, told in two parts. */
    private static void call(HttpServerRequest request, JsonNode body, String said) {
        String name = body.at("/tools/0/function/name").asText();
        String arguments = JSON.createObjectNode().put("text", said).toString();
        ObjectNode usage = JSON.createObjectNode().put("prompt_tokens", 9).put("completion_tokens", 6);
        if (!body.path("stream").asBoolean()) {
            ObjectNode answer = chunk(Optional.empty()).put("object", "chat.completion");
            ObjectNode choice = (ObjectNode) answer.path("choices").path(0);
            choice.remove("delta");
            ObjectNode message = choice.put("finish_reason", "tool_calls").putObject("message");
            message.put("role", "assistant").putNull("content");
            part(message, name, arguments).remove("index");
            answer.set("usage", usage);
            write(request, 200, answer.toString());
            return;
        }
        ObjectNode first = chunk(Optional.empty());
        part((ObjectNode) first.at("/choices/0/delta"), name, arguments.substring(0, 5));
        ObjectNode second = chunk(Optional.empty());
        ObjectNode rest = part((ObjectNode) second.at("/choices/0/delta"), name, arguments.substring(5));
        rest.remove("id");
        rest.remove("type");
        ((ObjectNode) rest.path("function")).remove("name");
        ObjectNode end = chunk(Optional.empty());
        ((ObjectNode) end.at("/choices/0")).put("finish_reason", "tool_calls");
        end.set("usage", usage);
        request.response()
                .putHeader("Content-Type", "text/event-stream")
                .end(event(first.toString()) + event(second.toString()) + event(end.toString()) + event("[DONE]"));
    }

    private static ObjectNode part(ObjectNode message, String name, String arguments) {
        ObjectNode part = message.putArray("tool_calls")
                .addObject()
                .put("index", 0)
                .put("id", "call_1")
                .put("type", "function");
        part.putObject("function").put("name", name).put("arguments", arguments);
        return part;
    }

    private static void stream(
            HttpServerRequest request, List<String> said, String reason, boolean withUsage, ObjectNode usage) {
        HttpServerResponse response = request.response()
                .putHeader("Content-Type", "text/event-stream; charset=utf-8")
                .setChunked(true);
        for (String word : said) {
            response.write(event(chunk(Optional.of(word)).toString()));
        }
        ObjectNode end = chunk(Optional.empty());
        ((ObjectNode) end.path("choices").path(0)).put("finish_reason", reason);
        response.write(event(end.toString()));
        if (withUsage) {
            ObjectNode told = chunk(Optional.empty());
            told.putArray("choices");
            told.set("usage", usage);
            response.write(event(told.toString()));
        }
        response.end(event("[DONE]"));
    }

    private static ObjectNode chunk(Optional<String> content) {
        ObjectNode chunk = JSON.createObjectNode()
                .put("id", "chatcmpl-1")
                .put("object", "chat.completion.chunk")
                .put("created", 1_790_000_000)
                .put("model", "echo");
        ObjectNode choice =
                chunk.putArray("choices").addObject().put("index", 0).putNull("finish_reason");
        ObjectNode delta = choice.putObject("delta");
        content.ifPresent(text -> delta.put("content", text));
        return chunk;
    }

    /** One event, as the data of a stream has it. */
    public static String event(String data) {
        return "data: " + data + "\n\n";
    }

    private static void embeddings(HttpServerRequest request, JsonNode body) {
        int dimensions = body.path("dimensions").asInt(DIMENSIONS);
        ObjectNode answer = JSON.createObjectNode().put("object", "list").put("model", "letters");
        ArrayNode data = answer.putArray("data");
        long characters = 0;
        // The last first: an order is not promised, an index is.
        for (int i = body.path("input").size() - 1; i >= 0; i--) {
            String text = body.path("input").path(i).asText();
            characters += text.length();
            ArrayNode vector =
                    data.addObject().put("object", "embedding").put("index", i).putArray("embedding");
            for (float value : letters(text, dimensions)) {
                vector.add(value);
            }
        }
        answer.putObject("usage").put("prompt_tokens", characters).put("total_tokens", characters);
        write(request, 200, answer.toString());
    }

    /** The vector of a text: how often it has each letter. */
    public static float[] letters(String text, int dimensions) {
        float[] counts = new float[dimensions];
        text.chars().filter(c -> c >= 'a' && c <= 'z').forEach(c -> counts[(c - 'a') % dimensions]++);
        return counts;
    }

    @Override
    public void close() {
        ended(vertx.close());
    }
}
