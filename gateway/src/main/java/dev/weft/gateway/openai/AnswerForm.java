package dev.weft.gateway.openai;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** How the two endpoints write an answer. */
enum AnswerForm {
    /** Of {@code /v1/chat/completions}. */
    CHAT("chatcmpl-", "chat.completion", "chat.completion.chunk") {
        @Override
        void whole(JsonGenerator json, String text) throws IOException {
            json.writeObjectFieldStart("message");
            json.writeStringField("role", "assistant");
            json.writeStringField("content", text);
            json.writeNullField("refusal");
            json.writeEndObject();
        }

        @Override
        void piece(JsonGenerator json, String text, boolean first, boolean last) throws IOException {
            json.writeObjectFieldStart("delta");
            if (first) {
                json.writeStringField("role", "assistant");
            }
            if (!last) {
                json.writeStringField("content", text);
            }
            json.writeEndObject();
        }
    },
    /** Of {@code /v1/completions}. */
    TEXT("cmpl-", "text_completion", "text_completion") {
        @Override
        void whole(JsonGenerator json, String text) throws IOException {
            json.writeStringField("text", text);
        }

        @Override
        void piece(JsonGenerator json, String text, boolean first, boolean last) throws IOException {
            json.writeStringField("text", text);
        }
    };

    private final String idPrefix;
    private final String object;
    private final String chunkObject;

    AnswerForm(String idPrefix, String object, String chunkObject) {
        this.idPrefix = idPrefix;
        this.object = object;
        this.chunkObject = chunkObject;
    }

    String idPrefix() {
        return idPrefix;
    }

    String object(boolean chunk) {
        return chunk ? chunkObject : object;
    }

    /** A whole answer's text. */
    abstract void whole(JsonGenerator json, String text) throws IOException;

    /**
     * A piece of one.
     *
     * @param first whether the answer begins here
     * @param last whether it only tells of the end
     */
    abstract void piece(JsonGenerator json, String text, boolean first, boolean last) throws IOException;

    /** What both have behind their text. */
    static void end(JsonGenerator json, @Nullable String reason) throws IOException {
        json.writeNullField("logprobs");
        json.writeStringField("finish_reason", reason);
    }
}
