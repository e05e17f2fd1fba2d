package dev.weft.gateway.upstream;

import dev.weft.gateway.routing.Replica;
import dev.weft.kit.rpc.GrpcTimeout;
import dev.weft.kit.rpc.OnlyModel;
import dev.weft.kit.rpc.RequestId;
import dev.weft.kit.rpc.SingleAnswer;
import dev.weft.kit.time.Deadline;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** What a call to a replica begins with. */
final class UpstreamHeaders {

    /** Metadata that names another model than the message does: {@code named=name:version}. */
    private static final String MODEL_HEADER = "x-weft-model";

    /** What of a client's metadata is passed on; credentials are for the gateway alone. */
    private static final String[] PASSED_ON = {
        "user-agent",
        "grpc-encoding",
        "grpc-accept-encoding",
        "traceparent",
        "tracestate",
        "x-priority",
        SingleAnswer.HEADER
    };

    private UpstreamHeaders() {}

    /** By TLS the replica must be who its name says, not only where its address says. */
    static RequestOptions options(Replica replica, String path, Credentials credentials) {
        SocketAddress address = address(replica);
        return new RequestOptions()
                .setMethod(HttpMethod.POST)
                .setServer(address)
                .setHost(credentials.isTls() ? replica.name() : address.host())
                .setPort(address.port())
                .setURI(path);
    }

    private static SocketAddress address(Replica replica) {
        int colon = replica.id().lastIndexOf(':');
        String host = replica.id().substring(0, colon);
        return SocketAddress.inetSocketAddress(
                Integer.parseInt(replica.id(), colon + 1, replica.id().length(), 10),
                host.startsWith("[") ? host.substring(1, host.length() - 1) : host);
    }

    /**
     * Writes them.
     *
     * @param model null when the message names the model that is meant
     */
    static void write(UpstreamCall.Request said, @Nullable String model, Credentials credentials, MultiMap headers) {
        headers.set("te", "trailers");
        headers.set("content-type", GrpcHeaders.CONTENT_TYPE);
        headers.set(RequestId.HEADER, said.id().value());
        String authorization = credentials.authorization();
        if (authorization != null) {
            headers.set(HttpHeaders.AUTHORIZATION, authorization);
        }
        MultiMap metadata = said.metadata();
        if (metadata != null) {
            for (String name : PASSED_ON) {
                String value = metadata.get(name);
                if (value != null) {
                    headers.set(name, value);
                }
            }
        }
        if (model != null) {
            headers.set(MODEL_HEADER, model);
        }
        String onlyModel = said.behalf().onlyModel();
        if (onlyModel != null) {
            headers.set(OnlyModel.HEADER, OnlyModel.header(onlyModel));
        }
        Deadline deadline = said.deadline();
        if (deadline != null) {
            headers.set(GrpcTimeout.HEADER, GrpcTimeout.header(deadline));
        }
    }
}
