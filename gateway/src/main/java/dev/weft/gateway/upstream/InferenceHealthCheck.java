package dev.weft.gateway.upstream;

import dev.weft.kit.error.Failure;
import dev.weft.kit.rpc.RequestId;
import dev.weft.kit.time.Deadline;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.ServerReadyRequest;
import java.time.Duration;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Ready when inference-service is. */
@Readiness
final class InferenceHealthCheck implements HealthCheck {

    private static final Duration TIMEOUT = Duration.ofSeconds(2);

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
            ready = upstream.call(
                            RequestId.random(),
                            Deadline.after(TIMEOUT),
                            null,
                            GRPCInferenceServiceGrpc.getServerReadyMethod(),
                            ServerReadyRequest.getDefaultInstance())
                    .getReady();
        } catch (Failure _) {
            ready = false;
        }
        return HealthCheckResponse.named("inference-service")
                .status(ready)
                .withData("target", String.join(",", config.target()))
                .build();
    }
}
