package dev.weft.gateway.upstream;

import dev.weft.gateway.embedding.EmbeddingConnection;
import dev.weft.gateway.usage.BatchUsageSource;
import dev.weft.kit.rpc.CallEffort;
import dev.weft.protocol.embedding.v1.BatchUsage;
import dev.weft.protocol.embedding.v1.EmbeddingGrpc;
import dev.weft.protocol.embedding.v1.TakeUsageRequest;
import dev.weft.protocol.embedding.v1.TakeUsageResponse;
import io.grpc.StatusRuntimeException;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.concurrent.TimeUnit;

/** The usage of embedding-service's batches. */
@Singleton
final class GrpcBatchUsage implements BatchUsageSource {

    private static final int LIMIT_SECONDS = 10;

    private final EmbeddingConnection connection;

    GrpcBatchUsage(EmbeddingConnection connection) {
        this.connection = connection;
    }

    @Override
    public Delivery next(Delivery added) {
        TakeUsageRequest request = TakeUsageRequest.newBuilder()
                .setSource(added.source())
                .setNumber(added.number())
                .build();
        try {
            TakeUsageResponse response = EmbeddingGrpc.newBlockingStub(
                            connection.service().channel())
                    .withDeadlineAfter(LIMIT_SECONDS, TimeUnit.SECONDS)
                    .takeUsage(request);
            return new Delivery(
                    response.getSource(),
                    response.getNumber(),
                    response.getUsageList().stream().map(GrpcBatchUsage::entry).toList());
        } catch (StatusRuntimeException e) {
            throw connection.service().failure(e);
        }
    }

    private static Entry entry(BatchUsage usage) {
        return new Entry(
                usage.getOwner(),
                usage.getModel(),
                Instant.ofEpochMilli(usage.getHourMs()),
                usage.getRequests(),
                usage.getErrors(),
                new CallEffort(usage.getRows(), usage.getPromptTokens(), 0, usage.getComputeUs()));
    }
}
