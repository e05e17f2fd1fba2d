package dev.weft.embedding.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.embedding.batch.LineReader.Line;
import dev.weft.embedding.collection.NewPoint;
import dev.weft.embedding.embedder.BatchEmbedder;
import dev.weft.embedding.vectorstore.MetadataValue.Flag;
import dev.weft.embedding.vectorstore.MetadataValue.Numeric;
import dev.weft.embedding.vectorstore.MetadataValue.Text;
import dev.weft.embedding.vectorstore.MetadataValue.Texts;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PointsReaderTest {

    private static Row parse(String body) {
        byte[] bytes =
                ("{\"custom_id\": \"a\", \"method\": \"POST\", \"url\": \"/api/v1/collections/help/points\", \"body\": "
                                + body + "}")
                        .getBytes(StandardCharsets.UTF_8);
        return new RowParser(new Endpoint.Points("help"), "letters", 100_000)
                .parse(new Line(7, bytes.length, bytes.length, bytes));
    }

    @Test
    void pointsAreReadAndTextsWithoutVectorsAreInputs() {
        Row row = parse("""
                {"points": [
                  {"id": "1", "text": "my card", "metadata": {"topic": "card", "votes": 12, "open": true, "tags": ["x", "y"]}},
                  {"id": "2", "vector": [1, 0.5], "text": null},
                  {"id": "3", "text": "the rent"}]}""");

        assertThat(row.failure()).isNull();
        assertThat(row.request()).isInstanceOfSatisfying(RowRequest.Points.class, request -> {
            assertThat(request.model()).isEqualTo("letters");
            assertThat(request.size()).isEqualTo(3);
            assertThat(request.input()).isEqualTo(new BatchEmbedder.Input.Texts(List.of("my card", "the rent")));
            assertThat(request.field(1)).isEqualTo("points[2].text");
            NewPoint first = request.points().getFirst();
            assertThat(first.metadata().fields())
                    .containsOnly(
                            Map.entry("topic", new Text("card")),
                            Map.entry("votes", new Numeric(12)),
                            Map.entry("open", new Flag(true)),
                            Map.entry("tags", new Texts(List.of("x", "y"))));
            assertThat(request.points().get(1).vector()).containsExactly(1, 0.5f);
        });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{} | body.points: missing",
                "{\"points\": []} | body.points: an empty array",
                "{\"points\": [1]} | body.points[0]: number 1",
                "{\"points\": [{\"text\": \"x\"}]} | body.points[0].id: missing",
                "{\"points\": [{\"id\": \"a\"}]} | neither a vector nor a text",
                "{\"points\": [{\"id\": \"a\", \"text\": 1}]} | body.points[0].text: number 1",
                "{\"points\": [{\"id\": \"a\", \"text\": \"x\\u0000\"}]} | a zero character",
                "{\"points\": [{\"id\": \"a\", \"vector\": [\"x\"]}]} | body.points[0].vector[0]: another string",
                "{\"points\": [{\"id\": \"a\", \"text\": \"x\", \"metadata\": {\"b\": {}}}]} | body.points[0].metadata.b: an object",
                "{\"points\": [{\"id\": \"a\", \"text\": \"x\", \"metadata\": {\"$b\": 1}}]} | metadata field: '$b'",
            })
    void whatCannotBeKeptSaysWhy(String body, String message) {
        Row row = parse(body);

        assertThat(row.failure()).isNotNull().satisfies(failure -> {
            assertThat(failure.code()).isEqualTo("invalid_points");
            assertThat(failure.message()).contains(message);
        });
    }
}
