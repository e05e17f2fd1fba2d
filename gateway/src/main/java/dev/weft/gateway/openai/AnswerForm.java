package dev.weft.gateway.openai;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** How the two endpoints write an answer. */
enum AnswerForm {
    /** Of {@code /v1/chat/completions}. */
    CHAT("chatcmpl-", "chat.completion", "chat.completion.chunk") {
        @Override
        void whole(JsonGenerator json, String text, ToolCalls calls) throws IOException {
            json.writeObjectFieldStart("message");
            json.writeStringField("role", "assistant");
            json.writeStringField("content", text.isEmpty() && !calls.isEmpty() ? null : text);
            json.writeNullField("refusal");
            if (!calls.isEmpty()) {
                json.writeFieldName(TOOL_CALLS);
                json.writeRawValue(calls.whole());
            }
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
        void whole(JsonGenerator json, String text, ToolCalls calls) throws IOException {
            json.writeStringField("text", text); // whose requests have no tools
        }

        @Override
        void piece(JsonGenerator json, String text, boolean first, boolean last) throws IOException {
            json.writeStringField("text", text);
        }
    };

    private static final String TOOL_CALLS = "tool_calls";

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

    /** A whole answer's text, and what it wants called. */
    abstract void whole(JsonGenerator json, String text, ToolCalls calls) throws IOException;

    /**
     * A piece of a conversation's answer that wants something called.
     *
     * @param parts a JSON array
     */
    static void calls(JsonGenerator json, String parts, boolean first) throws IOException {
        json.writeObjectFieldStart("delta");
        if (first) {
            json.writeStringField("role", "assistant");
            json.writeNullField("content");
        }
        json.writeFieldName(TOOL_CALLS);
        json.writeRawValue(parts);
        json.writeEndObject();
    }

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
