package dev.weft.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import dev.weft.gateway.fixtures.Http;
import dev.weft.gateway.fixtures.ScriptedInference;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.ModelInferRequest;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A gateway that no replica knows; {@link RefusedGatewayIT} runs the same against the packaged gateway. */
@QuarkusTest
@QuarkusTestResource(ScriptedInference.class)
@TestProfile(RefusedGatewayTest.WithoutToken.class)
class RefusedGatewayTest {

    /** A gateway that shows nothing. */
    public static final class WithoutToken implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("weft.identity.mode", "none");
        }
    }

    @TestHTTPResource
    private URI uri;

    @Test
    void clientsAreToldThatTheServiceIsUnavailableAndTheOperatorWhy() {
        Http http = new Http(uri);
        await().untilAsserted(() -> assertThat(http.get("/api/v1/replicas")
                        .json()
                        .at("/replicas/0/trouble")
                        .asText())
                .isEqualTo("refuses this gateway's calls: authorization: not known"));

        Http.Answer answer = http.post("/v1/embeddings", "{\"model\": \"embed\", \"input\": \"a\"}");

        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.response().headers().firstValue("WWW-Authenticate")).isEmpty();
    }

    @Test
    void clientsOfGrpcAreToldTheSame() {
        ManagedChannel channel = Grpc.newChannelBuilder(
                        uri.getHost() + ":" + uri.getPort(), InsecureChannelCredentials.create())
                .build();
        try {
            Throwable thrown = catchThrowable(() -> GRPCInferenceServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(30, TimeUnit.SECONDS)
                    .modelInfer(
                            ModelInferRequest.newBuilder().setModelName("echo").build()));

            assertThat(Status.fromThrowable(thrown).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        } finally {
            channel.shutdownNow();
        }
    }
}
