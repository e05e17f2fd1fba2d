package dev.weft.inference.v2;

import com.google.protobuf.ByteString;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import dev.weft.protocol.inference.InferParameter;
import dev.weft.protocol.inference.InferTensorContents;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferRequest.InferInputTensor;
import dev.weft.protocol.inference.ModelInferResponse;
import dev.weft.protocol.inference.ServerReadyRequest;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.Assertions;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;

/** A grpc-java client of the service under test. */
final class V2Client implements AutoCloseable {

    private final ManagedChannel channel;

    V2Client() {
        channel = Grpc.newChannelBuilder("127.0.0.1:" + TestRepository.grpcPort(), InsecureChannelCredentials.create())
                .maxInboundMessageSize(64 << 20)
                .build();
    }

    ManagedChannel channel() {
        return channel;
    }

    GRPCInferenceServiceBlockingStub stub() {
        return GRPCInferenceServiceGrpc.newBlockingStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
    }

    static ModelInferRequest.Builder request(String model, InferInputTensor... inputs) {
        return ModelInferRequest.newBuilder().setModelName(model).addAllInputs(Arrays.asList(inputs));
    }

    static InferInputTensor input(String name, String datatype, InferTensorContents.Builder contents, long... shape) {
        InferInputTensor.Builder input =
                InferInputTensor.newBuilder().setName(name).setDatatype(datatype);
        Arrays.stream(shape).forEach(input::addShape);
        return input.setContents(contents).build();
    }

    /** An input whose data is in raw_input_contents. */
    static InferInputTensor raw(String name, String datatype, long... shape) {
        InferInputTensor.Builder input =
                InferInputTensor.newBuilder().setName(name).setDatatype(datatype);
        Arrays.stream(shape).forEach(input::addShape);
        return input.build();
    }

    /** Waits until the service has loaded its models. */
    void awaitReady() {
        Awaitility.await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> Assertions.assertThat(
                        stub().serverReady(ServerReadyRequest.getDefaultInstance())
                                .getReady())
                .isTrue());
    }

    /** Asserts that a call fails with that code, and with that text somewhere in its message. */
    static void assertRefused(ThrowingCallable call, Status.Code code, String message) {
        Assertions.assertThatThrownBy(call).isInstanceOfSatisfying(StatusRuntimeException.class, e -> {
            Assertions.assertThat(e.getStatus().getCode()).as(e.getMessage()).isEqualTo(code);
            Assertions.assertThat(String.valueOf(e.getStatus().getDescription()))
                    .contains(message);
        });
    }

    static ModelInferRequest.Builder texts(String model, String... texts) {
        InferTensorContents.Builder contents = InferTensorContents.newBuilder();
        for (String text : texts) {
            contents.addBytesContents(ByteString.copyFromUtf8(text));
        }
        return request(model, input("TEXT", "BYTES", contents, texts.length));
    }

    ModelInferResponse infer(ModelInferRequest.Builder request) {
        return stub().modelInfer(request.build());
    }

    /** The embeddings of the texts, one call. */
    List<float[]> embed(String... texts) {
        ModelInferResponse response = infer(texts("all-minilm-l6-v2", texts));
        return rows(floats(response.getOutputs(0).getContents()), texts.length);
    }

    static float[] floats(InferTensorContents contents) {
        float[] values = new float[contents.getFp32ContentsCount()];
        for (int i = 0; i < values.length; i++) {
            values[i] = contents.getFp32Contents(i);
        }
        return values;
    }

    static List<float[]> rows(float[] values, int rows) {
        int width = values.length / rows;
        List<float[]> result = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            result.add(Arrays.copyOfRange(values, row * width, (row + 1) * width));
        }
        return result;
    }

    static double cosine(float[] a, float[] b) {
        double dot = 0;
        double aa = 0;
        double bb = 0;
        for (int i = 0; i < a.length; i++) {
            dot += (double) a[i] * b[i];
            aa += (double) a[i] * a[i];
            bb += (double) b[i] * b[i];
        }
        return dot / Math.sqrt(aa * bb);
    }

    static InferParameter truncate() {
        return InferParameter.newBuilder().setBoolParam(true).build();
    }

    static ByteString rawStrings(String... texts) {
        ByteString.Output out = ByteString.newOutput();
        for (String text : texts) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            byte[] length = ByteBuffer.allocate(4)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(bytes.length)
                    .array();
            out.write(length, 0, length.length);
            out.write(bytes, 0, bytes.length);
        }
        return out.toByteString();
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
