package dev.weft.bench;

import com.google.protobuf.ByteString;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferRequest.InferInputTensor;
import dev.weft.protocol.inference.ModelInferResponse;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** V2 over gRPC with raw tensors, at inference-service or at the gateway. */
final class GrpcTarget implements Target {

    private final String label;
    private final ManagedChannel channel;
    private final GRPCInferenceServiceBlockingStub stub;
    private final List<ModelInferRequest> requests;

    GrpcTarget(String label, String address) {
        this.label = label;
        this.channel = Grpc.newChannelBuilder(address, InsecureChannelCredentials.create())
                .directExecutor()
                .build();
        this.stub = GRPCInferenceServiceGrpc.newBlockingStub(channel);
        this.requests = Sentences.ALL.stream().map(GrpcTarget::request).toList();
    }

    private static ModelInferRequest request(String sentence) {
        byte[] text = sentence.getBytes(StandardCharsets.UTF_8);
        ByteBuffer raw = ByteBuffer.allocate(Integer.BYTES + text.length).order(ByteOrder.LITTLE_ENDIAN);
        return ModelInferRequest.newBuilder()
                .setModelName(Sentences.MODEL)
                .addInputs(InferInputTensor.newBuilder()
                        .setName("TEXT")
                        .setDatatype("BYTES")
                        .addShape(1))
                .addRawInputContents(
                        ByteString.copyFrom(raw.putInt(text.length).put(text).flip()))
                .build();
    }

    @Override
    public String label() {
        return label;
    }

    @Override
    public void embed(int sentence) {
        ModelInferResponse response = stub.modelInfer(requests.get(Math.floorMod(sentence, requests.size())));
        if (response.getRawOutputContentsCount() == 0) {
            throw new IllegalStateException("no vector in the answer");
        }
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
