package dev.weft.gateway.collections;

import dev.weft.gateway.embedding.EmbeddingConnection;
import dev.weft.gateway.http.RestCall;
import dev.weft.gateway.services.ServiceConnection;
import dev.weft.protocol.embedding.v1.CollectionsGrpc;
import dev.weft.protocol.embedding.v1.CollectionsGrpc.CollectionsBlockingStub;
import jakarta.inject.Singleton;
import java.util.function.Function;

/** Calls embedding-service on behalf of REST requests: bounded by their deadlines, cancelled when their clients go away. Blocks; thread-safe. */
@Singleton
class EmbeddingService {

    private final EmbeddingConnection connection;

    EmbeddingService(EmbeddingConnection connection) {
        this.connection = connection;
    }

    /**
     * Makes a call.
     *
     * @throws dev.weft.kit.error.Failure when there is no answer
     */
    <R> R call(RestCall call, Function<CollectionsBlockingStub, R> operation) {
        CollectionsBlockingStub stub = ServiceConnection.prepare(
                CollectionsGrpc.newBlockingStub(connection.service().channel()), call, call.deadline());
        return connection.service().call(call, () -> operation.apply(stub));
    }
}
