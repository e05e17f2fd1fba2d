package dev.weft.gateway.upstream;

import dev.weft.gateway.batches.BatchJobs;
import dev.weft.gateway.embedding.EmbeddingConnection;
import dev.weft.gateway.http.RestCall;
import dev.weft.gateway.services.ServiceConnection;
import dev.weft.protocol.embedding.v1.Batch;
import dev.weft.protocol.embedding.v1.BatchState;
import dev.weft.protocol.embedding.v1.CancelBatchRequest;
import dev.weft.protocol.embedding.v1.EmbeddingGrpc;
import dev.weft.protocol.embedding.v1.EmbeddingGrpc.EmbeddingBlockingStub;
import dev.weft.protocol.embedding.v1.GetBatchRequest;
import dev.weft.protocol.embedding.v1.ListBatchesRequest;
import dev.weft.protocol.embedding.v1.ListBatchesResponse;
import dev.weft.protocol.embedding.v1.SubmitBatchRequest;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/** Batches of embedding-service. */
@Singleton
final class GrpcBatchJobs implements BatchJobs {

    private final EmbeddingConnection connection;

    GrpcBatchJobs(EmbeddingConnection connection) {
        this.connection = connection;
    }

    private <T> T ask(RestCall call, Function<EmbeddingBlockingStub, T> question) {
        EmbeddingBlockingStub stub = ServiceConnection.prepare(
                EmbeddingGrpc.newBlockingStub(connection.service().channel()), call, call.deadline());
        return connection.service().call(call, () -> question.apply(stub));
    }

    @Override
    public Job create(Order order, RestCall call) {
        SubmitBatchRequest.Builder request = SubmitBatchRequest.newBuilder()
                .setInputFileId(order.inputFile())
                .setInputCollection(order.inputCollection())
                .setInputModel(order.inputModel())
                .setEndpoint(order.endpoint())
                .setWindowMs(order.window().toMillis())
                .putAllMetadata(order.metadata())
                // Of a file that somebody may see the batch is the file's owner's, so that administrators work for
                // others.
                .setOwner(
                        order.inputFile().isEmpty()
                                ? call.caller().owner()
                                : call.caller().seesOf())
                .addAllAllowedModels(call.caller().models().patterns());
        if (order.outputKeep() != null) {
            request.setOutputExpiresAfterMs(order.outputKeep().toMillis());
        }
        return job(ask(call, stub -> stub.submitBatch(request.build()).getBatch()));
    }

    @Override
    public Job get(String id, RestCall call) {
        GetBatchRequest request = GetBatchRequest.newBuilder()
                .setId(id)
                .setOwner(call.caller().seesOf())
                .build();
        return job(ask(call, stub -> stub.getBatch(request).getBatch()));
    }

    @Override
    public Page list(String after, int limit, RestCall call) {
        ListBatchesRequest request = ListBatchesRequest.newBuilder()
                .setAfter(after)
                .setLimit(limit)
                .setOwner(call.caller().seesOf())
                .build();
        ListBatchesResponse response = ask(call, stub -> stub.listBatches(request));
        return new Page(
                response.getBatchesList().stream().map(GrpcBatchJobs::job).toList(), response.getHasMore());
    }

    @Override
    public Job cancel(String id, RestCall call) {
        CancelBatchRequest request = CancelBatchRequest.newBuilder()
                .setId(id)
                .setOwner(call.caller().seesOf())
                .build();
        return job(ask(call, stub -> stub.cancelBatch(request).getBatch()));
    }

    private static Job job(Batch batch) {
        return new Job(
                batch.getId(),
                batch.getEndpoint(),
                Duration.ofMillis(batch.getWindowMs()),
                state(batch.getState()),
                batch.getModel(),
                batch.getInputCollection(),
                new Files(batch.getInputFileId(), batch.getOutputFileId(), batch.getErrorFileId()),
                batch.getErrorsList().stream()
                        .map(error -> new Problem(error.getCode(), error.getMessage(), error.getLine()))
                        .toList(),
                new Counts(
                        batch.getRows(),
                        batch.getCompletedRows(),
                        batch.getFailedRows(),
                        batch.getTokens(),
                        batch.getRowsPerSecond(),
                        batch.getRemainingMs()),
                batch.getMetadataMap(),
                times(batch));
    }

    private static String state(BatchState state) {
        return switch (state) {
            case BATCH_STATE_VALIDATING -> "validating";
            case BATCH_STATE_FAILED -> "failed";
            case BATCH_STATE_IN_PROGRESS -> "in_progress";
            case BATCH_STATE_FINALIZING -> "finalizing";
            case BATCH_STATE_COMPLETED -> "completed";
            case BATCH_STATE_EXPIRED -> "expired";
            case BATCH_STATE_CANCELLING -> "cancelling";
            case BATCH_STATE_CANCELLED -> "cancelled";
            case BATCH_STATE_UNSPECIFIED, UNRECOGNIZED -> "in_progress";
        };
    }

    private static Map<String, Long> times(Batch batch) {
        Map<String, Long> times = new LinkedHashMap<>();
        times.put("created_at", batch.getCreatedAtMs());
        times.put("expires_at", batch.getExpiresAtMs());
        times.put("in_progress_at", batch.getInProgressAtMs());
        times.put("finalizing_at", batch.getFinalizingAtMs());
        times.put("completed_at", batch.getCompletedAtMs());
        times.put("failed_at", batch.getFailedAtMs());
        times.put("expired_at", batch.getExpiredAtMs());
        times.put("cancelling_at", batch.getCancellingAtMs());
        times.put("cancelled_at", batch.getCancelledAtMs());
        times.values().removeIf(millis -> millis == 0);
        times.replaceAll((_, millis) -> millis / 1_000);
        return times;
    }
}
