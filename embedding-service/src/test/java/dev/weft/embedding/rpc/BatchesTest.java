package dev.weft.embedding.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.embedding.fixtures.BatchClient;
import dev.weft.embedding.fixtures.FreePort;
import dev.weft.embedding.fixtures.ScriptedInference;
import dev.weft.protocol.embedding.v1.Batch;
import dev.weft.protocol.embedding.v1.BatchState;
import dev.weft.protocol.embedding.v1.CancelBatchRequest;
import dev.weft.protocol.embedding.v1.DeleteFileRequest;
import dev.weft.protocol.embedding.v1.GetBatchRequest;
import dev.weft.protocol.embedding.v1.GetFileRequest;
import dev.weft.protocol.embedding.v1.ListBatchesRequest;
import dev.weft.protocol.embedding.v1.ListBatchesResponse;
import dev.weft.protocol.embedding.v1.SubmitBatchRequest;
import dev.weft.protocol.embedding.v1.WatchBatchRequest;
import dev.weft.testkit.DatabaseResource;
import dev.weft.testkit.TestPostgres;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.junit.QuarkusTest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Batches from the upload to the output, over a real PostgreSQL; {@link BatchesIT} runs the same against the packaged service. */
@QuarkusTest
@QuarkusTestResource(value = ScriptedInference.class, restrictToAnnotatedClass = true)
@QuarkusTestResource(value = FreePort.class, restrictToAnnotatedClass = true)
@QuarkusTestResource(value = DatabaseResource.class, initArgs = @ResourceArg(name = "schema", value = "embedding"))
class BatchesTest {

    private final BatchClient client = new BatchClient();

    @BeforeEach
    void allIsWell() {
        ScriptedInference.AWAY.set(0);
        ScriptedInference.HUNG.set(0);
    }

    @AfterEach
    void close() {
        ScriptedInference.HUNG.set(0);
        client.close();
    }

    @Test
    void everyRowHasItsAnswerInTheOrderOfTheRows() {
        List<String> texts = texts(500);
        List<String> rows = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            rows.add(BatchClient.row("row-" + i, texts.get(i)));
        }
        ScriptedInference.PRIORITIES.clear();

        Batch batch =
                client.await(client.submit(client.upload(rows).getId()).getId(), BatchState.BATCH_STATE_COMPLETED);

        assertThat(batch.getRows()).isEqualTo(500);
        assertThat(batch.getCompletedRows()).isEqualTo(500);
        assertThat(batch.getFailedRows()).isZero();
        assertThat(batch.getErrorFileId()).isEmpty();
        assertThat(batch.getModel()).isEqualTo("letters");
        assertThat(batch.getMetadataMap()).containsEntry("team", "cards");
        assertThat(batch.getTokens())
                .isEqualTo(texts.stream().mapToLong(String::length).sum());
        assertThat(batch.getCompletedAtMs()).isGreaterThanOrEqualTo(batch.getInProgressAtMs());
        List<JsonNode> lines = client.lines(batch.getOutputFileId());
        assertThat(lines).hasSize(500);
        for (int i = 0; i < lines.size(); i++) {
            assertThat(lines.get(i).path("custom_id").asText()).isEqualTo("row-" + i);
            assertAnswer(lines.get(i), texts.get(i));
        }
        assertThat(ScriptedInference.PRIORITIES).containsOnly("batch");
    }

    private static void assertAnswer(JsonNode line, String text) {
        JsonNode response = line.path("response");
        assertThat(line.path("error").isNull()).isTrue();
        assertThat(response.path("status_code").asInt()).isEqualTo(200);
        assertThat(response.path("body").path("model").asText()).isEqualTo("letters");
        assertThat(response.path("body").path("usage").path("total_tokens").asInt())
                .isEqualTo(text.length());
        assertThat(vector(response.path("body").path("data").path(0).path("embedding")))
                .containsExactly(ScriptedInference.vector(text));
    }

    private static float[] vector(JsonNode numbers) {
        float[] vector = new float[numbers.size()];
        for (int i = 0; i < vector.length; i++) {
            vector[i] = numbers.get(i).floatValue();
        }
        return vector;
    }

    @Test
    void batchAndWhatComesOfItAreTheirOwners() {
        SubmitBatchRequest order = orderOf("cards");
        String id = client.stub().submitBatch(order).getBatch().getId();
        String output = client.await(id, BatchState.BATCH_STATE_COMPLETED).getOutputFileId();

        assertThat(listOf("cards")).contains(id);
        assertThat(listOf("")).contains(id);
        assertThat(client.stub()
                        .getBatch(GetBatchRequest.newBuilder()
                                .setId(id)
                                .setOwner("cards")
                                .build())
                        .getBatch()
                        .getId())
                .isEqualTo(id);
        assertThat(client.stub()
                        .getFile(GetFileRequest.newBuilder()
                                .setId(output)
                                .setOwner("cards")
                                .build())
                        .getFile()
                        .getId())
                .isEqualTo(output);
        assertThatThrownBy(() -> client.stub()
                        .getFile(GetFileRequest.newBuilder()
                                .setId(output)
                                .setOwner("risk")
                                .build()))
                .hasMessageContaining("NOT_FOUND");
        // Who may see everybody's has the work done on its owner's behalf.
        String again = client.stub()
                .submitBatch(order.toBuilder().setOwner("").build())
                .getBatch()
                .getId();
        assertThat(listOf("cards")).contains(again);
    }

    @Test
    void othersBatchesAreAsIfTheyWereNotThere() {
        SubmitBatchRequest order = orderOf("cards");
        String id = client.stub().submitBatch(order).getBatch().getId();

        assertThat(listOf("risk")).doesNotContain(id);
        assertThatThrownBy(() -> client.stub()
                        .submitBatch(order.toBuilder().setOwner("risk").build()))
                .hasMessageContaining("NOT_FOUND: file '" + order.getInputFileId() + "' does not exist");
        assertThatThrownBy(() -> client.stub()
                        .getBatch(GetBatchRequest.newBuilder()
                                .setId(id)
                                .setOwner("risk")
                                .build()))
                .hasMessageContaining("NOT_FOUND: batch '" + id + "' does not exist");
        assertThatThrownBy(() -> client.stub()
                        .cancelBatch(CancelBatchRequest.newBuilder()
                                .setId(id)
                                .setOwner("risk")
                                .build()))
                .hasMessageContaining("NOT_FOUND");
        assertThatThrownBy(() -> client.stub()
                        .watchBatch(WatchBatchRequest.newBuilder()
                                .setId(id)
                                .setOwner("risk")
                                .build())
                        .hasNext())
                .hasMessageContaining("NOT_FOUND");
    }

    @Test
    void rowsOfModelsThatTheCallerMayNotAskFail() {
        SubmitBatchRequest order = orderOf("cards").toBuilder()
                .addAllowedModels("intent")
                .addAllowedModels("bge-*")
                .build();

        Batch batch =
                client.await(client.stub().submitBatch(order).getBatch().getId(), BatchState.BATCH_STATE_COMPLETED);

        assertThat(batch.getFailedRows()).isEqualTo(1);
        JsonNode line = client.lines(batch.getErrorFileId()).getFirst();
        assertThat(line.at("/response/status_code").asInt()).isEqualTo(403);
        assertThat(line.toString()).contains("model 'letters': not for this key (expected: one of [intent, bge-*])");
        String allowed = client.stub()
                .submitBatch(order.toBuilder().addAllowedModels("let*").build())
                .getBatch()
                .getId();
        assertThat(client.await(allowed, BatchState.BATCH_STATE_COMPLETED).getCompletedRows())
                .isEqualTo(1);
    }

    private SubmitBatchRequest orderOf(String owner) {
        byte[] row = BatchClient.row("one", "my card is gone").getBytes(StandardCharsets.UTF_8);
        return SubmitBatchRequest.newBuilder()
                .setInputFileId(client.uploadFor(owner, row, Duration.ZERO).getId())
                .setEndpoint("/v1/embeddings")
                .setOwner(owner)
                .build();
    }

    private List<String> listOf(String owner) {
        return client
                .stub()
                .listBatches(ListBatchesRequest.newBuilder().setOwner(owner).build())
                .getBatchesList()
                .stream()
                .map(Batch::getId)
                .toList();
    }

    @Test
    void inputThatExpiresDuringTheWorkIsReadToItsEnd() {
        ScriptedInference.HUNG.set(1);
        byte[] rows = String.join("\n", rows(60)).getBytes(StandardCharsets.UTF_8);
        String file = client.uploadFor("", rows, Duration.ofSeconds(4)).getId();
        String id = client.submit(file).getId();
        client.await(id, BatchState.BATCH_STATE_IN_PROGRESS);
        Awaitility.await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> assertThatThrownBy(
                        () -> client.download(file, 0))
                .hasMessageContaining("NOT_FOUND"));

        client.stub().cancelBatch(CancelBatchRequest.newBuilder().setId(id).build());

        assertThat(client.await(id, BatchState.BATCH_STATE_CANCELLED).getFailedRows())
                .isEqualTo(60);
    }

    @Test
    void rowsThatFailAreInTheErrorFileAndTheRestGoesOn() {
        Batch batch = client.await(
                client.submit(client.upload(List.of(
                                        BatchClient.row("good", "How do I block my card?"),
                                        "{ no JSON",
                                        BatchClient.row("long", "x".repeat(ScriptedInference.LONGEST + 1)),
                                        "",
                                        BatchClient.row("unknown", "unknown", "\"text\""),
                                        BatchClient.row("broken", "broken", "\"text\""),
                                        BatchClient.row("tokens", "letters", "[[72, 105], [72]]")))
                                .getId())
                        .getId(),
                BatchState.BATCH_STATE_COMPLETED);

        assertThat(batch.getCompletedRows()).isEqualTo(2);
        assertThat(batch.getFailedRows()).isEqualTo(4);
        List<JsonNode> answers = client.lines(batch.getOutputFileId());
        assertThat(answers).extracting(line -> line.path("custom_id").asText()).containsExactly("good", "tokens");
        assertThat(vector(answers.get(1)
                        .path("response")
                        .path("body")
                        .path("data")
                        .path(0)
                        .path("embedding")))
                .containsExactly(ScriptedInference.vector("Hi"));
        List<JsonNode> failures = client.lines(batch.getErrorFileId());
        assertThat(failures).extracting(line -> line.path("line").asInt()).containsExactly(2, 3, 5, 6);
        assertThat(failures)
                .extracting(line -> line.path("custom_id").asText("none"))
                .containsExactly("none", "long", "unknown", "broken");
        assertThat(failures)
                .extracting(line -> line.path("response").path("status_code").asInt())
                .containsExactly(0, 400, 404, 500);
        assertThat(failures.get(0).path("error").path("code").asText()).isEqualTo("invalid_json_line");
        assertThat(failures.get(1)
                        .path("response")
                        .path("body")
                        .path("error")
                        .path("message")
                        .asText())
                .isEqualTo("input: 201 tokens (expected: at most 200)");
    }

    @Test
    void vectorsMayBeBase64() {
        String row = BatchClient.row("a", "text").replace("\"body\":{", "\"body\":{\"encoding_format\":\"base64\",");

        Batch batch = client.await(
                client.submit(client.upload(List.of(row)).getId()).getId(), BatchState.BATCH_STATE_COMPLETED);

        JsonNode line = client.lines(batch.getOutputFileId()).getFirst();
        float[] vector = new float[ScriptedInference.DIMENSION];
        ByteBuffer.wrap(Base64.getDecoder()
                        .decode(line.path("response")
                                .path("body")
                                .path("data")
                                .path(0)
                                .path("embedding")
                                .asText()))
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .get(vector);
        assertThat(vector).containsExactly(ScriptedInference.vector("text"));
    }

    @Test
    void fileWithoutAUsableRowFailsTheBatch() {
        Batch batch = client.await(
                client.submit(client.upload(List.of("{", "[]")).getId()).getId(), BatchState.BATCH_STATE_FAILED);

        assertThat(batch.getErrorsList()).extracting(error -> error.getLine()).containsExactly(1L, 2L);
        assertThat(batch.getOutputFileId()).isEmpty();
        assertThat(batch.getFailedAtMs()).isPositive();
    }

    @Test
    void inferenceThatIsAwayIsWaitedFor() {
        ScriptedInference.AWAY.set(20);

        Batch batch =
                client.await(client.submit(client.upload(rows(120)).getId()).getId(), BatchState.BATCH_STATE_COMPLETED);

        assertThat(batch.getCompletedRows()).isEqualTo(120);
        assertThat(ScriptedInference.AWAY).hasValue(0);
    }

    @Test
    void databaseThatStopsMeanwhileCostsNothing() {
        ScriptedInference.AWAY.set(40);
        String id = client.submit(client.upload(rows(1_000)).getId()).getId();

        TestPostgres.stop();
        TestPostgres.start();

        Batch batch = client.await(id, BatchState.BATCH_STATE_COMPLETED);
        assertThat(client.lines(batch.getOutputFileId()))
                .extracting(line -> line.path("custom_id").asText())
                .isEqualTo(java.util.stream.IntStream.range(0, 1_000)
                        .mapToObj(i -> "row-" + i)
                        .toList());
    }

    @Test
    void cancelledBatchAccountsForEveryRow() {
        ScriptedInference.HUNG.set(1);
        String id = client.submit(client.upload(rows(300)).getId()).getId();
        client.await(id, BatchState.BATCH_STATE_IN_PROGRESS);

        client.stub().cancelBatch(CancelBatchRequest.newBuilder().setId(id).build());

        Batch batch = client.await(id, BatchState.BATCH_STATE_CANCELLED);
        assertThat(batch.getCompletedRows() + batch.getFailedRows()).isEqualTo(300);
        assertThat(client.lines(batch.getErrorFileId())).hasSize(300).allSatisfy(line -> assertThat(
                        line.path("error").path("code").asText())
                .isEqualTo("batch_cancelled"));
        assertThatThrownBy(() -> client.stub()
                        .cancelBatch(CancelBatchRequest.newBuilder().setId(id).build()))
                .hasMessageContaining("FAILED_PRECONDITION");
    }

    @Test
    void batchWhoseWindowClosesEndsAsItIs() {
        ScriptedInference.HUNG.set(1);
        String id = client.stub()
                .submitBatch(SubmitBatchRequest.newBuilder()
                        .setInputFileId(client.upload(rows(60)).getId())
                        .setEndpoint("/v1/embeddings")
                        .setWindowMs(1_500)
                        .build())
                .getBatch()
                .getId();

        Batch batch = client.await(id, BatchState.BATCH_STATE_EXPIRED);

        assertThat(client.lines(batch.getErrorFileId())).hasSize(60).allSatisfy(line -> assertThat(
                        line.path("error").path("code").asText())
                .isEqualTo("batch_expired"));
        assertThat(batch.getExpiredAtMs()).isGreaterThanOrEqualTo(batch.getExpiresAtMs());
    }

    @Test
    void watchTellsUntilTheEnd() {
        ScriptedInference.AWAY.set(10);
        String id = client.submit(client.upload(rows(200)).getId()).getId();

        List<BatchState> states = new ArrayList<>();
        client.stub()
                .watchBatch(WatchBatchRequest.newBuilder().setId(id).build())
                .forEachRemaining(answer -> states.add(answer.getBatch().getState()));

        assertThat(states).endsWith(BatchState.BATCH_STATE_COMPLETED).hasSizeGreaterThan(1);
    }

    @Test
    void listHasTheNewestFirstInPages() {
        String file = client.upload(rows(1)).getId();
        String first = client.submit(file).getId();
        String second = client.submit(file).getId();
        String third = client.submit(file).getId();

        ListBatchesResponse page = list("", 2);

        assertThat(page.getBatchesList()).extracting(Batch::getId).containsExactly(third, second);
        assertThat(page.getHasMore()).isTrue();
        assertThat(list(second, 1).getBatches(0).getId()).isEqualTo(first);
    }

    private ListBatchesResponse list(String after, int limit) {
        return client.stub()
                .listBatches(ListBatchesRequest.newBuilder()
                        .setAfter(after)
                        .setLimit(limit)
                        .build());
    }

    @Test
    void inputInUseIsNotDeletedAndIsAfterwards() {
        ScriptedInference.HUNG.set(1);
        String file = client.upload(rows(5)).getId();
        String id = client.submit(file).getId();
        DeleteFileRequest delete = DeleteFileRequest.newBuilder().setId(file).build();

        assertThatThrownBy(() -> client.stub().deleteFile(delete)).hasMessageContaining("is in use");
        client.stub().cancelBatch(CancelBatchRequest.newBuilder().setId(id).build());
        client.await(id, BatchState.BATCH_STATE_CANCELLED);

        Awaitility.await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> assertThat(
                        client.stub().deleteFile(delete))
                .isNotNull());
    }

    @Test
    void orderThatCannotBeAcceptedIsRefused() {
        String file = client.upload(rows(1)).getId();

        refuses(Status.Code.NOT_FOUND, order("file-none").setEndpoint("/v1/embeddings"));
        refuses(Status.Code.INVALID_ARGUMENT, order(file).setEndpoint("/v1/completions"));
        refuses(Status.Code.INVALID_ARGUMENT, order(file).setWindowMs(-1));
        refuses(Status.Code.INVALID_ARGUMENT, order(file).putMetadata("k".repeat(65), "v"));
    }

    private static SubmitBatchRequest.Builder order(String file) {
        return SubmitBatchRequest.newBuilder().setInputFileId(file).setEndpoint("/v1/embeddings");
    }

    private void refuses(Status.Code code, SubmitBatchRequest.Builder order) {
        assertThatThrownBy(() -> client.stub().submitBatch(order.build()))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(code));
    }

    private static List<String> texts(int count) {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            texts.add("Text " + i + " " + "é".repeat(i * 7 % 150));
        }
        return texts;
    }

    private static List<String> rows(int count) {
        List<String> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            rows.add(BatchClient.row("row-" + i, "Text " + i));
        }
        return rows;
    }
}
