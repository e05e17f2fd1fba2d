package dev.weft.inference.provider;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.inference.backend.RequestBackend;
import dev.weft.inference.generation.GenerationObserver;
import dev.weft.inference.generation.GenerationParameters;
import dev.weft.inference.generation.TextGenerator;
import dev.weft.inference.modelpackage.Task.Provided;
import dev.weft.inference.tensor.DataType;
import dev.weft.inference.tensor.Shape;
import dev.weft.inference.tensor.Tensor;
import dev.weft.inference.tensor.TensorSpec;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.time.Deadline;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A provider's chat model, with the inputs and outputs of a {@link TextGenerator} but for tokens: {@code TEXT} is the only message of its
 * conversation, {@code MESSAGES} goes on as it comes, and there is one more output, {@link #TOOL_CALLS}. What a request does not say is the provider's choice. Thread-safe.
 *
 * @see <a href="https://platform.openai.com/docs/api-reference/chat/create">Create chat completion</a>
 */
final class ProviderChat implements RequestBackend {

    private static final int MAX_ANSWER_BYTES = 16 << 20;
    /** What the model wants called, a JSON array of OpenAI's tool calls; in a stream, of their parts. */
    static final String TOOL_CALLS = "TOOL_CALLS";

    private static final String PATH = "chat/completions";
    private static final String DONE = "[DONE]";
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Parameters whose names are the same on both sides. Who does not know one says so. */
    private static final List<String> PASSED_ON = List.of(
            "temperature", "top_p", "top_k", "frequency_penalty", "presence_penalty", "repetition_penalty", "seed");

    private final Provider provider;
    private final Provided model;
    private final ProviderClient client;
    private final GenerationObserver observer;

    ProviderChat(Provider provider, Provided model, ProviderClient client, GenerationObserver observer) {
        this.provider = provider;
        this.model = model;
        this.client = client;
        this.observer = observer;
    }

    @Override
    public List<TensorSpec> inputs() {
        return List.of(
                new TensorSpec(TextGenerator.TEXT, DataType.BYTES, List.of(1L)),
                new TensorSpec(TextGenerator.MESSAGES, DataType.BYTES, List.of(1L)));
    }

    @Override
    public List<TensorSpec> outputs() {
        List<TensorSpec> outputs = new ArrayList<>(TextGenerator.OUTPUTS);
        outputs.add(new TensorSpec(TOOL_CALLS, DataType.BYTES, List.of(1L)));
        return outputs;
    }

    @Override
    public List<Tensor> answer(List<Tensor> inputs, Map<String, Object> parameters, Deadline deadline) {
        ObjectNode body = body(inputs, parameters);
        long start = System.nanoTime();
        try (ProviderClient.Answer answer = client.post(provider, PATH, body, deadline)) {
            JsonNode json = ProviderFailures.json(answer.body().readAll(MAX_ANSWER_BYTES));
            observer.firstToken(since(start));
            JsonNode choice = json.path("choices").path(0);
            JsonNode message = choice.path("message");
            if (!message.isObject()) {
                throw malformed("no choices[0].message");
            }
            Tally tally = new Tally(body);
            tally.usage(json.path("usage"));
            tally.reason(choice);
            List<Tensor> outputs = new ArrayList<>(tally.end(tally.text(message)));
            outputs.add(bytes(TOOL_CALLS, calls(message).orElse("[]")));
            return outputs;
        }
    }

    @Override
    public void stream(List<Tensor> inputs, Map<String, Object> parameters, Deadline deadline, Pieces pieces) {
        ObjectNode body = body(inputs, parameters).put("stream", true);
        body.putObject("stream_options").put("include_usage", true);
        long start = System.nanoTime();
        try (ProviderClient.Answer answer = client.post(provider, PATH, body, deadline)) {
            ServerSentEvents events = new ServerSentEvents(answer.body());
            Tally tally = new Tally(body);
            boolean begun = false;
            for (Optional<String> event = events.next(); goesOn(event); event = events.next()) {
                JsonNode chunk = ProviderFailures.json(event.orElseThrow().getBytes(StandardCharsets.UTF_8));
                if (chunk.hasNonNull("error")) {
                    throw ProviderFailures.within(provider, chunk);
                }
                tally.usage(chunk.path("usage"));
                // The chunk that tells the usage has no choices.
                tally.reason(chunk.path("choices").path(0));
                for (Tensor piece : pieces(tally, chunk.path("choices").path(0).path("delta"))) {
                    if (!begun) {
                        observer.firstToken(since(start));
                        begun = true;
                    }
                    pieces.accept(List.of(piece), false);
                }
            }
            if (tally.isUnended()) {
                throw malformed("the answer ends without finish_reason");
            }
            pieces.accept(tally.end(""), true);
            answer.body().awaitEnd();
        }
    }

    private static List<Tensor> pieces(Tally tally, JsonNode delta) {
        List<Tensor> piece = new ArrayList<>(2);
        String text = tally.text(delta);
        if (!text.isEmpty()) {
            piece.add(bytes(TextGenerator.TEXT, text));
        }
        calls(delta).ifPresent(calls -> piece.add(bytes(TOOL_CALLS, tally.calls(calls))));
        return piece;
    }

    private static Optional<String> calls(JsonNode message) {
        JsonNode calls = message.path("tool_calls");
        return calls.isArray() && !calls.isEmpty() ? Optional.of(calls.toString()) : Optional.empty();
    }

    /** Some end with the connection alone. */
    private static boolean goesOn(Optional<String> event) {
        return event.isPresent() && !event.get().equals(DONE);
    }

    private ObjectNode body(List<Tensor> inputs, Map<String, Object> parameters) {
        GenerationParameters read = GenerationParameters.read(parameters);
        ObjectNode body = JSON.createObjectNode().put("model", model.model());
        body.set("messages", messages(inputs));
        read.maxTokens().ifPresent(tokens -> body.put(provider.tokenLimitField(), tokens));
        if (!read.stop().isEmpty()) {
            ArrayNode stop = body.putArray("stop");
            read.stop().forEach(stop::add);
        }
        for (String name : PASSED_ON) {
            if (parameters.containsKey(name)) {
                body.set(name, JSON.valueToTree(parameters.get(name)));
            }
        }
        for (String name : GenerationParameters.OF_PROVIDERS) {
            if (parameters.containsKey(name)) {
                body.set(name, json(name, parameters.get(name)));
            }
        }
        return body;
    }

    private static JsonNode json(String name, @Nullable Object value) {
        try {
            if (value instanceof String text) {
                return JSON.readTree(text);
            }
        } catch (JsonProcessingException _) {
            // as what is no text
        }
        throw new InvalidArgument("parameters." + name + ": no JSON (expected: a text that is JSON)");
    }

    private static ArrayNode messages(List<Tensor> inputs) {
        List<String> texts = ProviderText.read(inputs, List.of(TextGenerator.TEXT, TextGenerator.MESSAGES));
        if (texts.size() != 1) {
            throw new InvalidArgument(
                    "input '" + inputs.getFirst().name() + "': " + texts.size() + " elements (expected: BYTES [1])");
        }
        if (inputs.getFirst().name().equals(TextGenerator.TEXT)) {
            ArrayNode messages = JSON.createArrayNode();
            messages.addObject().put("role", "user").put("content", texts.getFirst());
            return messages;
        }
        try {
            if (JSON.readTree(texts.getFirst()) instanceof ArrayNode messages && !messages.isEmpty()) {
                return messages;
            }
        } catch (JsonProcessingException e) {
            throw new InvalidArgument("messages: malformed JSON: " + e.getOriginalMessage());
        }
        throw new InvalidArgument("messages: no array of messages (expected: an array of at least one message)");
    }

    private static Duration since(long start) {
        return Duration.ofNanos(System.nanoTime() - start);
    }

    private Unavailable malformed(String what) {
        return Unavailable.afterRetries(
                "provider '" + provider.name() + "': " + what + " (expected: a chat completion)");
    }

    private static Tensor bytes(String name, String text) {
        return new Tensor.Strings(name, Shape.of(1), List.of(text.getBytes(StandardCharsets.UTF_8)));
    }

    /** What is known of an answer so far. For one thread. */
    private final class Tally {
        private final long promptCharacters;
        private long completionCharacters;
        private long promptTokens = -1;
        private long completionTokens = -1;
        private String reason = "";

        private Tally(ObjectNode request) {
            this.promptCharacters = request.path("messages").findValuesAsText("content").stream()
                    .mapToLong(String::length)
                    .sum();
        }

        private void usage(JsonNode usage) {
            if (usage.isObject()) {
                promptTokens = usage.path("prompt_tokens").asLong(promptTokens);
                completionTokens = usage.path("completion_tokens").asLong(completionTokens);
            }
        }

        private void reason(JsonNode choice) {
            if (choice.hasNonNull("finish_reason")) {
                reason = choice.path("finish_reason").asText();
            }
        }

        private boolean isUnended() {
            return reason.isEmpty();
        }

        /** A refusal is a text too. */
        private String text(JsonNode message) {
            String text = message.path("content").isTextual()
                    ? message.path("content").asText()
                    : message.path("refusal").asText("");
            completionCharacters += text.length();
            return text;
        }

        private String calls(String calls) {
            completionCharacters += calls.length();
            return calls;
        }

        private List<Tensor> end(String text) {
            long prompt = promptTokens < 0 ? ProviderText.tokens(promptCharacters) : promptTokens;
            long completion = completionTokens < 0 ? ProviderText.tokens(completionCharacters) : completionTokens;
            observer.finished(Math.toIntExact(prompt), Math.toIntExact(completion));
            return List.of(
                    bytes(TextGenerator.TEXT, text),
                    bytes(TextGenerator.FINISH_REASON, reason.isEmpty() ? "stop" : reason),
                    ProviderText.counts(TextGenerator.PROMPT_TOKENS, prompt),
                    ProviderText.counts(TextGenerator.COMPLETION_TOKENS, completion));
        }
    }
}
