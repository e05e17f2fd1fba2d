package dev.weft.embedding.rpc;

import dev.weft.embedding.batch.BatchState;
import dev.weft.embedding.batch.Batches;
import dev.weft.embedding.file.StoredFile;
import dev.weft.embedding.usage.UsageDelivery;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.identity.AllowedModels;
import dev.weft.protocol.embedding.v1.Batch;
import dev.weft.protocol.embedding.v1.BatchError;
import dev.weft.protocol.embedding.v1.BatchUsage;
import dev.weft.protocol.embedding.v1.File;
import dev.weft.protocol.embedding.v1.FilePurpose;
import dev.weft.protocol.embedding.v1.SubmitBatchRequest;
import dev.weft.protocol.embedding.v1.TakeUsageResponse;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Batches and files as messages. */
final class BatchMessages {

    private BatchMessages() {}

    static Batch batch(dev.weft.embedding.batch.Batch batch) {
        Batch.Builder message = Batch.newBuilder()
                .setId(batch.id())
                .setEndpoint(batch.endpoint().path())
                .setInputFileId(batch.inputFile())
                .setWindowMs(batch.window().toMillis())
                .setState(state(batch.state()))
                .setRows(batch.progress().rows())
                .setCompletedRows(batch.progress().completed())
                .setFailedRows(batch.progress().failed())
                .setTokens(batch.progress().tokens())
                .setRowsPerSecond(batch.progress().rowsPerSecond())
                .setRemainingMs(batch.progress().remaining().toMillis())
                .putAllMetadata(batch.metadata())
                .setModel(batch.model());
        if (batch.source() != null) {
            message.setInputCollection(batch.source().collection());
        }
        if (batch.outputFile() != null) {
            message.setOutputFileId(batch.outputFile());
        }
        if (batch.errorFile() != null) {
            message.setErrorFileId(batch.errorFile());
        }
        batch.errors()
                .forEach(error -> message.addErrors(BatchError.newBuilder()
                        .setCode(error.code())
                        .setMessage(error.message())
                        .setLine(error.line())));
        dev.weft.embedding.batch.Batch.Times times = batch.times();
        return message.setCreatedAtMs(millis(times.createdAt()))
                .setExpiresAtMs(millis(times.expiresAt()))
                .setInProgressAtMs(millis(times.inProgressAt()))
                .setFinalizingAtMs(millis(times.finalizingAt()))
                .setCompletedAtMs(millis(times.completedAt()))
                .setFailedAtMs(millis(times.failedAt()))
                .setExpiredAtMs(millis(times.expiredAt()))
                .setCancellingAtMs(millis(times.cancellingAt()))
                .setCancelledAtMs(millis(times.cancelledAt()))
                .build();
    }

    private static dev.weft.protocol.embedding.v1.BatchState state(BatchState state) {
        return switch (state) {
            case VALIDATING -> dev.weft.protocol.embedding.v1.BatchState.BATCH_STATE_VALIDATING;
            case FAILED -> dev.weft.protocol.embedding.v1.BatchState.BATCH_STATE_FAILED;
            case IN_PROGRESS -> dev.weft.protocol.embedding.v1.BatchState.BATCH_STATE_IN_PROGRESS;
            case FINALIZING -> dev.weft.protocol.embedding.v1.BatchState.BATCH_STATE_FINALIZING;
            case COMPLETED -> dev.weft.protocol.embedding.v1.BatchState.BATCH_STATE_COMPLETED;
            case EXPIRED -> dev.weft.protocol.embedding.v1.BatchState.BATCH_STATE_EXPIRED;
            case CANCELLING -> dev.weft.protocol.embedding.v1.BatchState.BATCH_STATE_CANCELLING;
            case CANCELLED -> dev.weft.protocol.embedding.v1.BatchState.BATCH_STATE_CANCELLED;
        };
    }

    static Batches.Order order(SubmitBatchRequest request) {
        return new Batches.Order(
                request.getOwner(),
                request.getInputFileId(),
                source(request),
                request.getEndpoint(),
                duration(request.getWindowMs()),
                request.getMetadataMap(),
                new AllowedModels(request.getAllowedModelsList()),
                duration(request.getOutputExpiresAfterMs()));
    }

    private static dev.weft.embedding.batch.Batch.@Nullable Source source(SubmitBatchRequest request) {
        return request.getInputCollection().isEmpty()
                ? null
                : new dev.weft.embedding.batch.Batch.Source(request.getInputCollection(), request.getInputModel());
    }

    static File file(StoredFile file) {
        return File.newBuilder()
                .setId(file.id())
                .setName(file.name())
                .setPurpose(
                        switch (file.purpose()) {
                            case BATCH -> FilePurpose.FILE_PURPOSE_BATCH;
                            case BATCH_OUTPUT -> FilePurpose.FILE_PURPOSE_BATCH_OUTPUT;
                            case FINE_TUNE -> FilePurpose.FILE_PURPOSE_FINE_TUNE;
                        })
                .setSizeBytes(file.sizeBytes())
                .setSha256(file.sha256() == null ? "" : file.sha256())
                .setCreatedAtMs(millis(file.createdAt()))
                .setExpiresAtMs(millis(file.expiresAt()))
                .build();
    }

    /** Null for all. */
    static StoredFile.@Nullable Purpose purpose(FilePurpose purpose) {
        return switch (purpose) {
            case FILE_PURPOSE_UNSPECIFIED -> null;
            case FILE_PURPOSE_BATCH -> StoredFile.Purpose.BATCH;
            case FILE_PURPOSE_BATCH_OUTPUT -> StoredFile.Purpose.BATCH_OUTPUT;
            case FILE_PURPOSE_FINE_TUNE -> StoredFile.Purpose.FINE_TUNE;
            case UNRECOGNIZED ->
                throw new InvalidArgument("purpose: unknown (expected: batch, batch_output or fine-tune)");
        };
    }

    static @Nullable Duration duration(long millis) {
        return millis == 0 ? null : Duration.ofMillis(millis);
    }

    private static long millis(@Nullable Instant time) {
        return time == null ? 0 : time.toEpochMilli();
    }

    static TakeUsageResponse usage(UsageDelivery delivery) {
        TakeUsageResponse.Builder response =
                TakeUsageResponse.newBuilder().setSource(delivery.source()).setNumber(delivery.number());
        for (UsageDelivery.Entry entry : delivery.entries()) {
            response.addUsage(BatchUsage.newBuilder()
                    .setOwner(entry.owner())
                    .setModel(entry.usage().model())
                    .setHourMs(entry.hour().toEpochMilli())
                    .setRequests(entry.usage().requests())
                    .setErrors(entry.usage().errors())
                    .setRows(entry.usage().rows())
                    .setPromptTokens(entry.usage().promptTokens())
                    .setComputeUs(entry.usage().computeMicros()));
        }
        return response.build();
    }
}
