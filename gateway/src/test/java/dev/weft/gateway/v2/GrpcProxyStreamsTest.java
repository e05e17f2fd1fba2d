package dev.weft.gateway.v2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import dev.weft.gateway.fixtures.ScriptedInference;
import dev.weft.gateway.fixtures.ScriptedStream;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelStreamInferResponse;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Streams through the gateway; {@link GrpcProxyStreamsIT} runs the same against the packaged gateway. */
@QuarkusTest
@QuarkusTestResource(ScriptedInference.class)
class GrpcProxyStreamsTest {

    @TestHTTPResource
    private URI uri;

    private ManagedChannel channel;

    @BeforeEach
    void connect() {
        channel = Grpc.newChannelBuilder(uri.getHost() + ":" + uri.getPort(), InsecureChannelCredentials.create())
                .build();
        ScriptedInference.CANCELLED.clear();
        ScriptedInference.STREAMED.clear();
        ScriptedStream.FLOODED.set(0);
    }

    @AfterEach
    void disconnect() {
        channel.shutdownNow();
    }

    @Test
    void messagesPassUnchangedBothWaysUntilBothSidesHaveEnded() {
        UnknownFieldSet future = UnknownFieldSet.newBuilder()
                .addField(999, UnknownFieldSet.Field.newBuilder().addVarint(5).build())
                .build();
        Stream stream = new Stream(CallOptions.DEFAULT, 1_000);
        for (int i = 0; i < 100; i++) {
            stream.send(request("echo").setId("r" + i).setUnknownFields(future));
        }
        stream.call.halfClose();

        assertThat(stream.closed).succeedsWithin(30, TimeUnit.SECONDS).satisfies(status -> assertThat(status.isOk())
                .isTrue());
        assertThat(stream.messages).hasSize(100);
        assertThat(stream.messages.get(99).getInferResponse().getId()).isEqualTo("r99");
        assertThat(stream.messages.get(99).getInferResponse().getUnknownFields())
                .isEqualTo(future);
        assertThat(stream.messages.get(0).getInferResponse().getRawOutputContents(0))
                .isEqualTo(ByteString.copyFromUtf8("raw"));
    }

    @Test
    void answerArrivesWhileTheStreamIsOpen() {
        Stream stream = new Stream(CallOptions.DEFAULT, 10);
        stream.send(request("nope"));

        await().untilAsserted(() -> assertThat(stream.messages).hasSize(1));
        assertThat(stream.messages.getFirst().getErrorMessage()).isEqualTo("model 'nope' is unknown");
        assertThat(stream.closed).isNotDone();
    }

    @Test
    void slowReaderSlowsItsWriterDown() {
        Stream stream = new Stream(CallOptions.DEFAULT, 2);
        stream.send(request("flood"));

        await().untilAsserted(() -> assertThat(stream.messages).hasSize(2));
        await().during(Duration.ofMillis(500)).untilAsserted(() -> assertThat(ScriptedStream.FLOODED)
                .as("messages of 32 KiB")
                .hasValueLessThan(500));
        assertThat(stream.messages).hasSize(2);
        int before = ScriptedStream.FLOODED.get();
        stream.call.request(2_000);
        await().untilAsserted(() -> assertThat(ScriptedStream.FLOODED).hasValueGreaterThan(before + 500));
        ScriptedStream.FLOODED.set(0);
    }

    @Test
    void cancellationReachesTheService() {
        Stream stream = new Stream(CallOptions.DEFAULT, 10);
        stream.send(request("stuck"));
        await().untilAsserted(() -> assertThat(stream.messages).hasSize(1));

        stream.call.cancel("enough", null);

        await().untilAsserted(() -> assertThat(ScriptedInference.CANCELLED).contains("stream"));
    }

    @Test
    void deadlineReachesTheService() {
        Stream stream = new Stream(CallOptions.DEFAULT.withDeadlineAfter(500, TimeUnit.MILLISECONDS), 10);
        stream.send(request("stuck"));

        assertThat(stream.closed).succeedsWithin(30, TimeUnit.SECONDS).satisfies(status -> assertThat(status.getCode())
                .isEqualTo(Status.Code.DEADLINE_EXCEEDED));
        await().untilAsserted(() -> assertThat(ScriptedInference.CANCELLED).contains("stream"));
    }

    private static ModelInferRequest.Builder request(String model) {
        return ModelInferRequest.newBuilder()
                .setModelName(model)
                .addInputs(ModelInferRequest.InferInputTensor.newBuilder().setName("X"))
                .addRawInputContents(ByteString.copyFromUtf8("raw"));
    }

    /** A call that reads as many messages as it is told to. */
    private final class Stream extends ClientCall.Listener<ModelStreamInferResponse> {
        private final ClientCall<ModelInferRequest, ModelStreamInferResponse> call;
        private final List<ModelStreamInferResponse> messages = new CopyOnWriteArrayList<>();
        private final CompletableFuture<Status> closed = new CompletableFuture<>();

        private Stream(CallOptions options, int reads) {
            call = channel.newCall(GRPCInferenceServiceGrpc.getModelStreamInferMethod(), options);
            call.start(this, new Metadata());
            call.request(reads);
        }

        private void send(ModelInferRequest.Builder request) {
            call.sendMessage(request.build());
        }

        @Override
        public void onMessage(ModelStreamInferResponse message) {
            messages.add(message);
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            closed.complete(status);
        }
    }
}
