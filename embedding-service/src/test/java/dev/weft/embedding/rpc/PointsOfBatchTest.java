package dev.weft.embedding.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.embedding.fixtures.BatchClient;
import dev.weft.embedding.fixtures.FreePort;
import dev.weft.embedding.fixtures.ScriptedInference;
import dev.weft.protocol.embedding.v1.Batch;
import dev.weft.protocol.embedding.v1.BatchState;
import dev.weft.protocol.embedding.v1.CountPointsRequest;
import dev.weft.protocol.embedding.v1.CreateCollectionRequest;
import dev.weft.protocol.embedding.v1.DeleteCollectionRequest;
import dev.weft.protocol.embedding.v1.FetchPointsRequest;
import dev.weft.protocol.embedding.v1.Match;
import dev.weft.protocol.embedding.v1.Point;
import dev.weft.protocol.embedding.v1.QueryPointsRequest;
import dev.weft.protocol.embedding.v1.SubmitBatchRequest;
import dev.weft.protocol.embedding.v1.UpsertPointsRequest;
import dev.weft.testkit.DatabaseResource;
import io.grpc.StatusRuntimeException;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.junit.QuarkusTest;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Batches that feed collections and read them; {@link PointsOfBatchIT} runs the same against the packaged service. */
@QuarkusTest
@QuarkusTestResource(value = ScriptedInference.class, restrictToAnnotatedClass = true)
@QuarkusTestResource(value = FreePort.class, restrictToAnnotatedClass = true)
@QuarkusTestResource(value = DatabaseResource.class, initArgs = @ResourceArg(name = "schema", value = "embedding"))
class PointsOfBatchTest {

    private final BatchClient client = new BatchClient();
    private final String help = "help-" + UUID.randomUUID();
    private final String endpoint = "/api/v1/collections/" + help + "/points";

    @BeforeEach
    void create() {
        ScriptedInference.AWAY.set(0);
        create(help);
    }

    private void create(String name) {
        var _ = client.collections()
                .createCollection(CreateCollectionRequest.newBuilder()
                        .setName(name)
                        .setModel("letters")
                        .build());
    }

    @AfterEach
    void close() {
        ScriptedInference.AWAY.set(0);
        client.close();
    }

    private String row(String id, String points) {
        return "{\"custom_id\":\"" + id + "\",\"method\":\"POST\",\"url\":\"" + endpoint + "\",\"body\":{\"points\":["
                + points + "]}}";
    }

    private static String point(String id, String text) {
        return "{\"id\":\"" + id + "\",\"text\":\"" + text + "\",\"metadata\":{\"length\":" + text.length() + "}}";
    }

    private Batch run(SubmitBatchRequest.Builder order, BatchState end) {
        return client.await(client.stub().submitBatch(order.build()).getBatch().getId(), end);
    }

    private SubmitBatchRequest.Builder order(List<String> rows) {
        return SubmitBatchRequest.newBuilder()
                .setInputFileId(client.upload(rows).getId())
                .setEndpoint(endpoint);
    }

    private long count(String name) {
        return client.collections()
                .countPoints(CountPointsRequest.newBuilder().setCollection(name).build())
                .getCount();
    }

    private Match nearest(String text) {
        return client.collections()
                .queryPoints(QueryPointsRequest.newBuilder()
                        .setCollection(help)
                        .setText(text)
                        .setTopK(1)
                        .setIncludeText(true)
                        .setIncludeMetadata(true)
                        .build())
                .getMatches(0);
    }

    private static String text(int i) {
        return "x".repeat(1 + i % 70) + " " + i;
    }

    @Test
    void rowsBecomePointsThatAreFound() {
        List<String> rows = new ArrayList<>();
        for (int i = 0; i < 300; i += 2) {
            rows.add(row("r" + i, point("p" + i, text(i)) + "," + point("p" + (i + 1), text(i + 1))));
        }

        Batch batch = run(order(rows), BatchState.BATCH_STATE_COMPLETED);

        assertThat(batch.getEndpoint()).isEqualTo(endpoint);
        assertThat(batch.getModel()).isEqualTo("letters");
        assertThat(batch.getCompletedRows()).isEqualTo(150);
        assertThat(batch.getFailedRows()).isZero();
        assertThat(count(help)).isEqualTo(300);
        Match match = nearest(text(123));
        assertThat(match.getPoint().getId()).isEqualTo("p123");
        assertThat(match.getPoint().getText()).isEqualTo(text(123));
        assertThat(match.getPoint().getMetadataOrThrow("length").getNumberValue())
                .isEqualTo(text(123).length());
        List<JsonNode> lines = client.lines(batch.getOutputFileId());
        assertThat(lines).hasSize(150).allSatisfy(line -> {
            assertThat(line.path("response").path("status_code").asInt()).isEqualTo(200);
            assertThat(line.path("response").path("body").toString()).isEqualTo("{\"upserted\":2}");
        });
    }

    @Test
    void rowThatCannotBeKeptFailsAloneAndAsAWhole() {
        String tooLong = "y".repeat(ScriptedInference.LONGEST + 1);

        Batch batch = run(
                order(List.of(
                        row("good", point("1", "my card")),
                        row("long", point("2", "short") + "," + point("3", tooLong)),
                        row("vector", "{\"id\":\"4\",\"vector\":[1,2,3,4]}"),
                        row("dimension", "{\"id\":\"5\",\"vector\":[1,2]}"),
                        row("none", "{\"id\":\"6\"}"),
                        BatchClient.row("other", "x"),
                        row("good too", point("7", "the rent")))),
                BatchState.BATCH_STATE_COMPLETED);

        assertThat(batch.getCompletedRows()).isEqualTo(3);
        List<JsonNode> errors = client.lines(batch.getErrorFileId());
        assertThat(errors)
                .extracting(line -> line.path("custom_id").asText())
                .containsExactly("long", "dimension", "none", "other");
        assertThat(errors.get(0).at("/response/body/error/message").asText()).startsWith("points[1].text: ");
        assertThat(errors.get(1).at("/response/body/error/message").asText())
                .isEqualTo("vector of point '5': 2 dimensions (expected: 4, as the collection has)");
        assertThat(errors.get(2).at("/error/code").asText()).isEqualTo("invalid_points");
        assertThat(errors.get(3).at("/error/code").asText()).isEqualTo("invalid_url");
        assertThat(client.collections()
                        .fetchPoints(FetchPointsRequest.newBuilder()
                                .setCollection(help)
                                .addAllIds(List.of("1", "2", "3", "4", "5", "6", "7"))
                                .build())
                        .getPointsList())
                .extracting(Point::getId)
                .containsExactly("1", "4", "7");
    }

    @Test
    void textsOfACollectionAreEmbeddedAnewForAnother() {
        String other = "other-" + UUID.randomUUID();
        create(other);
        UpsertPointsRequest.Builder points = UpsertPointsRequest.newBuilder().setCollection(help);
        for (int i = 0; i < 700; i++) {
            points.addPoints(Point.newBuilder().setId("p" + i).setText(text(i)).build());
        }
        points.addPoints(Point.newBuilder().setId("bare").addAllVector(List.of(1f, 2f, 3f, 4f)));
        var _ = client.collections().upsertPoints(points.build());

        Batch batch = run(
                SubmitBatchRequest.newBuilder()
                        .setInputCollection(help)
                        .setEndpoint("/api/v1/collections/" + other + "/points"),
                BatchState.BATCH_STATE_COMPLETED);

        assertThat(batch.getInputCollection()).isEqualTo(help);
        assertThat(batch.getInputFileId()).startsWith("file-");
        assertThat(batch.getRows()).isEqualTo(700);
        assertThat(batch.getCompletedRows()).isEqualTo(700);
        assertThat(count(other)).isEqualTo(700);
    }

    @Test
    void textsOfACollectionAreEmbeddedForTheOutput() {
        var _ = client.collections()
                .upsertPoints(UpsertPointsRequest.newBuilder()
                        .setCollection(help)
                        .addPoints(Point.newBuilder().setId("a").setText("my card"))
                        .build());

        Batch batch = run(
                SubmitBatchRequest.newBuilder().setInputCollection(help).setEndpoint("/v1/embeddings"),
                BatchState.BATCH_STATE_COMPLETED);

        assertThat(client.lines(batch.getOutputFileId())).singleElement().satisfies(line -> {
            assertThat(line.path("custom_id").asText()).isEqualTo("a");
            assertThat(line.at("/response/body/model").asText()).isEqualTo("letters");
        });
    }

    @Test
    void collectionWithoutTextsFailsTheBatch() {
        Batch batch = run(
                SubmitBatchRequest.newBuilder().setInputCollection(help).setEndpoint("/v1/embeddings"),
                BatchState.BATCH_STATE_FAILED);

        assertThat(batch.getErrors(0).getCode()).isEqualTo("empty_file");
    }

    @Test
    void collectionThatGoesWhileTheBatchRunsFailsItsRows() {
        ScriptedInference.AWAY.set(Integer.MAX_VALUE);
        String id = client.stub()
                .submitBatch(order(List.of(row("a", point("1", "my card")), row("b", point("2", "the rent"))))
                        .build())
                .getBatch()
                .getId();
        client.await(id, BatchState.BATCH_STATE_IN_PROGRESS);
        var _ = client.collections()
                .deleteCollection(
                        DeleteCollectionRequest.newBuilder().setName(help).build());
        ScriptedInference.AWAY.set(0);

        Batch batch = client.await(id, BatchState.BATCH_STATE_COMPLETED);

        assertThat(client.lines(batch.getErrorFileId())).hasSize(2).allSatisfy(line -> {
            assertThat(line.at("/response/status_code").asInt()).isEqualTo(404);
            assertThat(line.at("/response/body/error/code").asText()).isEqualTo("collection_not_found");
        });
    }

    @Test
    void orderThatCannotBeFollowedIsRefused() {
        assertRefused(
                SubmitBatchRequest.newBuilder()
                        .setInputFileId("file-1")
                        .setEndpoint("/api/v1/collections/no-such/points"),
                "NOT_FOUND: collection 'no-such': none");
        assertRefused(
                SubmitBatchRequest.newBuilder().setInputCollection("no-such").setEndpoint("/v1/embeddings"),
                "NOT_FOUND: collection 'no-such': none");
        assertRefused(
                SubmitBatchRequest.newBuilder()
                        .setInputCollection(help)
                        .setInputFileId("file-1")
                        .setEndpoint("/v1/embeddings"),
                "INVALID_ARGUMENT: input_file_id, input_collection: both");
        assertRefused(
                SubmitBatchRequest.newBuilder().setEndpoint("/v1/embeddings"),
                "INVALID_ARGUMENT: input_file_id, input_collection: neither");
        assertRefused(
                SubmitBatchRequest.newBuilder()
                        .setInputCollection(help)
                        .setInputModel("letters")
                        .setEndpoint(endpoint),
                "INVALID_ARGUMENT: model: 'letters'");
        assertRefused(
                SubmitBatchRequest.newBuilder().setInputFileId("file-1").setEndpoint("/v1/completions"),
                "INVALID_ARGUMENT: endpoint: '/v1/completions'");
    }

    private void assertRefused(SubmitBatchRequest.Builder order, String message) {
        assertThatThrownBy(() -> client.stub().submitBatch(order.build()))
                .isInstanceOf(StatusRuntimeException.class)
                .hasMessageStartingWith(message);
    }
}
