package dev.weft.training.runtime.textclassifier.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.ArrayList;
import java.util.List;

/**
 * One JSON object a line: a text and its label in the columns' fields, or, where there is no field of the text, one of the forms in which data for
 * OpenAI's fine-tuning are written.
 *
 * @see <a href="https://platform.openai.com/docs/guides/supervised-fine-tuning">Chats</a>, and the older form, prompts and completions
 */
final class JsonLinesReader {

    private static final ObjectReader JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build()
            .readerFor(JsonNode.class);

    private static final String MESSAGES = "messages";
    private static final String PROMPT = "prompt";
    private static final String COMPLETION = "completion";

    private JsonLinesReader() {}

    static List<LabelledText> read(String name, String content, DataFile.Columns columns) {
        List<LabelledText> rows = new ArrayList<>();
        int number = 0;
        for (String line : content.split("\n", -1)) {
            number++;
            if (line.isBlank()) {
                continue;
            }
            rows.add(example(new Row(name, number, parse(name, number, line)), columns));
        }
        if (rows.isEmpty()) {
            throw new InvalidArgument(name + ": empty (expected: a JSON object on each line)");
        }
        return rows;
    }

    /** The columns go first, so that a file that has them is read as it always was. */
    private static LabelledText example(Row row, DataFile.Columns columns) {
        if (row.has(columns.text())) {
            return row.example(row.text(columns.text()), row.text(columns.label()));
        }
        if (row.has(MESSAGES)) {
            return row.example(row.lastContent("user"), row.lastContent("assistant"));
        }
        if (row.has(PROMPT)) {
            return row.example(row.text(PROMPT), row.text(COMPLETION));
        }
        throw row.failure(columns.text(), "missing (expected: a text; or else " + MESSAGES + ", or " + PROMPT + ")");
    }

    private static JsonNode parse(String name, int number, String line) {
        try {
            JsonNode row = JSON.readTree(line);
            if (!row.isObject()) {
                throw new InvalidArgument(name + ": line " + number + ", column 1: " + row.getNodeType()
                        + " (expected: an object with a text and a label)");
            }
            return row;
        } catch (JsonProcessingException e) {
            throw new InvalidArgument(name + ": line " + number + ", column "
                    + (e.getLocation() == null ? 1 : e.getLocation().getColumnNr()) + ": no JSON: "
                    + e.getOriginalMessage());
        }
    }

    /** A line's object. */
    private record Row(String file, int line, JsonNode json) {

        boolean has(String field) {
            return json.has(field);
        }

        LabelledText example(String text, String label) {
            return new LabelledText(text, label, line);
        }

        String text(String field) {
            return text(field, json.path(field));
        }

        private String text(String field, JsonNode value) {
            String text = value.isTextual() || value.isIntegralNumber() || value.isBoolean()
                    ? value.asText().strip()
                    : "";
            if (text.isEmpty()) {
                throw failure(field, (value.isMissingNode() ? "missing" : value.toString()) + " (expected: a text)");
            }
            return text;
        }

        /** What the last message of that role says. Of a chat with several turns only the last is learnt. */
        String lastContent(String role) {
            JsonNode messages = json.path(MESSAGES);
            for (int i = messages.size() - 1; i >= 0; i--) {
                if (messages.path(i).path("role").asText().equals(role)) {
                    return text(
                            MESSAGES + "[" + i + "].content", messages.path(i).path("content"));
                }
            }
            throw failure(
                    MESSAGES,
                    (messages.isArray() ? "no" : "no list with a") + " message of the role " + role
                            + " (expected: one of user and one of assistant)");
        }

        InvalidArgument failure(String field, String what) {
            return new InvalidArgument(file + ": line " + line + ": " + field + ": " + what);
        }
    }
}
