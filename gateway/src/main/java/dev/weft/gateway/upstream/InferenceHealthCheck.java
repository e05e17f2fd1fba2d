package dev.weft.gateway.upstream;

import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.ServerReadyRequest;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Ready when inference-service is. */
@Readiness
final class InferenceHealthCheck implements HealthCheck {

    private static final int TIMEOUT_SECONDS = 2;

    private final InferenceUpstream upstream;
    private final UpstreamConfig config;

    InferenceHealthCheck(InferenceUpstream upstream, UpstreamConfig config) {
        this.upstream = upstream;
        this.config = config;
    }

    @Override
    public HealthCheckResponse call() {
        boolean ready;
        try {
            ready = GRPCInferenceServiceGrpc.newBlockingStub(upstream.channel())
                    .withDeadlineAfter(TIMEOUT_SECONDS, TimeUnit.SECONDS)
                    .serverReady(ServerReadyRequest.getDefaultInstance())
                    .getReady();
        } catch (StatusRuntimeException e) {
            upstream.translate(e);
            ready = false;
        }
        return HealthCheckResponse.named("inference-service")
                .status(ready)
                .withData("target", config.target())
                .build();
    }
}
