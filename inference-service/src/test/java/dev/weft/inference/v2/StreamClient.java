package dev.weft.inference.v2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.protocol.inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceStub;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelStreamInferResponse;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** One call of ModelStreamInfer and what came of it. */
final class StreamClient implements StreamObserver<ModelStreamInferResponse> {

    private final List<ModelStreamInferResponse> responses = new CopyOnWriteArrayList<>();
    private final CompletableFuture<Object> ended = new CompletableFuture<>();
    private final StreamObserver<ModelInferRequest> requests;

    StreamClient(GRPCInferenceServiceStub stub) {
        requests = stub.modelStreamInfer(this);
    }

    void ask(ModelInferRequest.Builder request) {
        requests.onNext(request.build());
    }

    /** Sends no more requests, and waits for all responses. */
    List<ModelStreamInferResponse> finish() {
        requests.onCompleted();
        assertThat(ended).succeedsWithin(60, TimeUnit.SECONDS).isEqualTo("completed");
        return responses;
    }

    /** How the call failed, or "completed". */
    CompletableFuture<Object> ended() {
        return ended;
    }

    @Override
    public void onNext(ModelStreamInferResponse response) {
        responses.add(response);
    }

    @Override
    public void onError(Throwable thrown) {
        ended.complete(thrown);
    }

    @Override
    public void onCompleted() {
        ended.complete("completed");
    }
}
