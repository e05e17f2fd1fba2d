package dev.weft.gateway.openai;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.weft.gateway.openai.GenerationModels.Event;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** Writes one response's answers as OpenAI's clients read them, whole or as the data of server-sent events. */
final class AnswerWriter {

    private static final JsonFactory JSON = JsonFactory.builder().build();

    private final AnswerForm form;
    private final String model;
    private final boolean nullUsage;
    private final String id;
    private final long created = Instant.now().getEpochSecond();

    /**
     * @param nullUsage whether chunks have a usage of null, as they do when one with the usage follows
     */
    AnswerWriter(AnswerForm form, String model, boolean nullUsage) {
        this.form = form;
        this.model = model;
        this.nullUsage = nullUsage;
        byte[] random = new byte[16];
        ThreadLocalRandom.current().nextBytes(random);
        this.id = form.idPrefix() + HexFormat.of().formatHex(random);
    }

    /** Tokens of a whole response: a prompt counts once, however many answers it has. */
    record Usage(long promptTokens, long completionTokens) {

        static Usage of(List<Event.End> ends, int answersPerPrompt) {
            long prompt = 0;
            long completion = 0;
            for (Event.End end : ends) {
                prompt += end.index() % answersPerPrompt == 0 ? end.promptTokens() : 0;
                completion += end.completionTokens();
            }
            return new Usage(prompt, completion);
        }
    }

    private interface Body {
        void write(JsonGenerator json) throws IOException;
    }

    /** The whole response. */
    byte[] whole(List<String> texts, List<ToolCalls> calls, List<Event.End> ends, Usage usage) {
        return write(false, json -> {
            json.writeArrayFieldStart("choices");
            for (Event.End end : ends) {
                json.writeStartObject();
                json.writeNumberField("index", end.index());
                form.whole(json, texts.get(end.index()), calls.get(end.index()));
                AnswerForm.end(json, end.reason());
                json.writeEndObject();
            }
            json.writeEndArray();
            usage(json, usage);
        });
    }

    /**
     * A piece of an answer.
     *
     * @param first whether the answer begins here
     * @param reason why it ended; null when it goes on
     */
    byte[] piece(int index, String text, boolean first, @Nullable String reason) {
        return chunk(index, reason, json -> form.piece(json, text, first, reason != null));
    }

    /**
     * A piece of an answer that wants something called.
     *
     * @param parts a JSON array of parts of calls
     * @param first whether the answer begins here
     */
    byte[] calls(int index, String parts, boolean first) {
        return chunk(index, null, json -> AnswerForm.calls(json, parts, first));
    }

    private byte[] chunk(int index, @Nullable String reason, Body delta) {
        return write(true, json -> {
            json.writeArrayFieldStart("choices");
            json.writeStartObject();
            json.writeNumberField("index", index);
            delta.write(json);
            AnswerForm.end(json, reason);
            json.writeEndObject();
            json.writeEndArray();
            if (nullUsage) {
                json.writeNullField("usage");
            }
        });
    }

    /** The chunk behind the last answer's end. */
    byte[] usage(Usage usage) {
        return write(true, json -> {
            json.writeArrayFieldStart("choices");
            json.writeEndArray();
            usage(json, usage);
        });
    }

    private static void usage(JsonGenerator json, Usage usage) throws IOException {
        json.writeObjectFieldStart("usage");
        json.writeNumberField("prompt_tokens", usage.promptTokens());
        json.writeNumberField("completion_tokens", usage.completionTokens());
        json.writeNumberField("total_tokens", usage.promptTokens() + usage.completionTokens());
        json.writeEndObject();
    }

    private byte[] write(boolean chunk, Body body) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(512);
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("id", id);
            json.writeStringField("object", form.object(chunk));
            json.writeNumberField("created", created);
            json.writeStringField("model", model);
            body.write(json);
            json.writeEndObject();
        } catch (IOException e) {
            throw new IllegalStateException("writing to memory failed", e);
        }
        return out.toByteArray();
    }
}
