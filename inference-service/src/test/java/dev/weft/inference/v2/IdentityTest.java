package dev.weft.inference.v2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.ServerLiveRequest;
import dev.weft.protocol.inference.v1.GetStatusRequest;
import dev.weft.protocol.inference.v1.ReplicaGrpc;
import grpc.health.v1.HealthGrpc;
import grpc.health.v1.HealthOuterClass.HealthCheckRequest;
import grpc.health.v1.HealthOuterClass.HealthCheckResponse.ServingStatus;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.AbstractStub;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A service that takes calls of other services only; {@link IdentityIT} runs the same against the packaged service. */
@QuarkusTest
@QuarkusTestResource(TestRepository.class)
@TestProfile(IdentityTest.WithSecrets.class)
class IdentityTest {

    private static final String NEW = "the-secret-that-is-coming";
    private static final String OLD = "the-secret-that-is-leaving";

    /** During a change of the secret. */
    public static final class WithSecrets implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("weft.identity.secrets", NEW + "," + OLD);
        }
    }

    private ManagedChannel channel;

    @BeforeEach
    void connect() {
        channel = Grpc.newChannelBuilder("127.0.0.1:" + TestRepository.grpcPort(), InsecureChannelCredentials.create())
                .build();
    }

    @AfterEach
    void disconnect() {
        channel.shutdownNow();
    }

    private static <S extends AbstractStub<S>> S showing(S stub, String authorization) {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), authorization);
        return stub.withDeadlineAfter(60, TimeUnit.SECONDS)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    private boolean isLive(String authorization) {
        return showing(GRPCInferenceServiceGrpc.newBlockingStub(channel), authorization)
                .serverLive(ServerLiveRequest.getDefaultInstance())
                .getLive();
    }

    private static void assertRefused(ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(StatusRuntimeException.class, e -> assertThat(
                        e.getStatus().getCode())
                .isEqualTo(Status.Code.UNAUTHENTICATED));
    }

    @Test
    void everySecretIsAcceptedWhileItIsChanged() {
        assertThat(isLive("Bearer " + NEW)).isTrue();
        assertThat(isLive("Bearer " + OLD)).isTrue();
    }

    @Test
    void callsWithoutItAreRefused() {
        assertRefused(() -> isLive("Bearer the-secret-of-somebody-else"));
        assertRefused(() -> isLive("Basic dXNlcjpwYXNz"));
        assertRefused(() -> GRPCInferenceServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(60, TimeUnit.SECONDS)
                .serverLive(ServerLiveRequest.getDefaultInstance()));
        assertRefused(() -> ReplicaGrpc.newBlockingStub(channel)
                .withDeadlineAfter(60, TimeUnit.SECONDS)
                .getStatus(GetStatusRequest.getDefaultInstance()));
    }

    @Test
    void whetherItIsWellMayBeAskedByEverybody() {
        assertThat(HealthGrpc.newBlockingStub(channel)
                        .withDeadlineAfter(60, TimeUnit.SECONDS)
                        .check(HealthCheckRequest.getDefaultInstance())
                        .getStatus())
                .isIn(ServingStatus.SERVING, ServingStatus.NOT_SERVING);
    }

    @Test
    void whatItCanDoIsToldToServicesOnly() {
        ServerReflectionGrpc.ServerReflectionStub stub = ServerReflectionGrpc.newStub(channel);

        assertRefused(() -> reflect(stub.withDeadlineAfter(60, TimeUnit.SECONDS)));
        assertThat(reflect(showing(stub, "Bearer " + NEW))
                        .getListServicesResponse()
                        .getServiceCount())
                .isPositive();
    }

    private static ServerReflectionResponse reflect(ServerReflectionGrpc.ServerReflectionStub stub) {
        CompletableFuture<ServerReflectionResponse> answer = new CompletableFuture<>();
        StreamObserver<ServerReflectionRequest> requests = stub.serverReflectionInfo(new StreamObserver<>() {
            @Override
            public void onNext(ServerReflectionResponse response) {
                answer.complete(response);
            }

            @Override
            public void onError(Throwable thrown) {
                answer.completeExceptionally(thrown);
            }

            @Override
            public void onCompleted() {
                answer.completeExceptionally(new IllegalStateException("no answer"));
            }
        });
        requests.onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
        try {
            ServerReflectionResponse response = answer.get(60, TimeUnit.SECONDS);
            requests.onCompleted();
            return response;
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e);
        } catch (InterruptedException | TimeoutException e) {
            throw new IllegalStateException(e);
        }
    }
}
