package dev.weft.embedding.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.embedding.batch.LineReader.Line;
import dev.weft.embedding.embedder.BatchEmbedder.Input;
import dev.weft.embedding.fixtures.BatchClient;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RowParserTest {

    @Test
    void rowIsRead() {
        Row row = parse("""
                {"custom_id": "a", "method": "POST", "url": "/v1/embeddings", "extra": 1, "body": {"model": "letters",
                "input": ["How do I block my card?", "é"], "dimensions": 2, "encoding_format": "base64", "truncate": true, "user": "u"}}""");

        assertThat(row.customId()).isEqualTo("a");
        assertThat(row.failure()).isNull();
        assertThat(request(row))
                .isEqualTo(new RowRequest.Vectors(
                        "letters",
                        new Input.Texts(java.util.List.of("How do I block my card?", "é")),
                        false,
                        2,
                        true,
                        true));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"a\" | true | 1",
                "[\"a\", \"b\"] | false | 2",
                "[1, 2, 3] | true | 1",
                "[[1, 2], [3]] | false | 2"
            })
    void inputMayHaveFourForms(String input, boolean single, int size) {
        RowRequest request = request(parse(BatchClient.row("a", "letters", input)));

        assertThat(((RowRequest.Vectors) request).isSingle()).isEqualTo(single);
        assertThat(request.input().size()).isEqualTo(size);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"\"",
                "\"  \"",
                "[]",
                "[\"a\", 1]",
                "[\"a\", \" \"]",
                "[1, \"a\"]",
                "[-1]",
                "[1.5]",
                "[[]]",
                "[[1], 2]",
                "{}",
                "null",
                "true",
                "[99999999999]"
            })
    void inputOfAnotherFormIsARowThatFails(String input) {
        Row row = parse(BatchClient.row("a", "letters", input));

        assertThat(row.failure()).isNotNull().satisfies(failure -> {
            assertThat(failure.code()).isEqualTo("invalid_input");
            assertThat(failure.message()).contains("body.input").contains("expected:");
        });
        assertThat(row.customId()).isEqualTo("a");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{ | invalid_json_line",
                "[] | invalid_json_line",
                "{} x | invalid_json_line",
                "{} | missing_custom_id",
                "{\"custom_id\": \"\"} | missing_custom_id",
                "{\"custom_id\": \"a\", \"method\": \"GET\"} | invalid_method",
                "{\"custom_id\": \"a\", \"method\": \"POST\", \"url\": \"/v1/chat/completions\"} | invalid_url",
                "{\"custom_id\": \"a\", \"method\": \"POST\", \"url\": \"/v1/embeddings\"} | missing_body",
                "{\"custom_id\": \"a\", \"method\": \"POST\", \"url\": \"/v1/embeddings\", \"body\": {}} | missing_model"
            })
    void lineThatIsNoRequestSaysWhy(String line, String code) {
        Row row = parse(line);

        assertThat(row.failure()).isNotNull().satisfies(failure -> assertThat(failure.code())
                .isEqualTo(code));
        assertThat(row.line()).isEqualTo(7);
    }

    @Test
    void lineThatWasTooLongToKeepFails() {
        Row row = new RowParser(Endpoint.EMBEDDINGS, "", 10).parse(new Line(3, 1_000, 999, null));

        assertThat(row.failure()).isNotNull().satisfies(failure -> assertThat(failure.message())
                .isEqualTo("line: 999 bytes (expected: at most 10)"));
    }

    private static Row parse(String line) {
        byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
        return new RowParser(Endpoint.EMBEDDINGS, "", 1_000).parse(new Line(7, bytes.length, bytes.length, bytes));
    }

    private static RowRequest request(Row row) {
        return Objects.requireNonNull(row.request());
    }
}
