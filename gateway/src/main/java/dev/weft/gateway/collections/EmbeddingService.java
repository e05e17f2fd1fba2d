package dev.weft.gateway.collections;

import dev.weft.gateway.embedding.EmbeddingConnection;
import dev.weft.gateway.http.RestCall;
import dev.weft.gateway.services.ServiceConnection;
import dev.weft.kit.rpc.ModelEffort;
import dev.weft.protocol.embedding.v1.CollectionsGrpc;
import dev.weft.protocol.embedding.v1.CollectionsGrpc.CollectionsBlockingStub;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import jakarta.inject.Singleton;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/** Calls embedding-service on behalf of REST requests: bounded by their deadlines, cancelled when their clients go away. Blocks; thread-safe. */
@Singleton
class EmbeddingService {

    /** The backend of collections in usage. */
    private static final String BACKEND = "collections";

    private final EmbeddingConnection connection;

    EmbeddingService(EmbeddingConnection connection) {
        this.connection = connection;
    }

    /**
     * Makes a call; the models that the service asks for it are the request's.
     *
     * @throws dev.weft.kit.error.Failure when there is no answer
     */
    <R> R call(RestCall call, Function<CollectionsBlockingStub, R> operation) {
        AtomicReference<Metadata> trailers = new AtomicReference<>();
        CollectionsBlockingStub stub = ServiceConnection.prepare(
                        CollectionsGrpc.newBlockingStub(connection.service().channel()), call, call.deadline())
                .withInterceptors(MetadataUtils.newCaptureMetadataInterceptor(new AtomicReference<>(), trailers));
        try {
            return connection.service().call(call, () -> operation.apply(stub));
        } finally {
            for (ModelEffort asked : ModelEffort.ofTrailers(trailers.get())) {
                call.tally().alsoAsked(asked.model(), BACKEND, asked.effort());
            }
        }
    }
}
