package dev.weft.training.runtime.textclassifier.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.ResourceExhausted;
import dev.weft.kit.error.GrpcFailures;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.training.fixtures.ScriptedInference;
import dev.weft.training.runtime.textclassifier.Embedder;
import dev.weft.training.runtime.textclassifier.EmbedderContract;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GrpcEmbedderTest extends EmbedderContract {

    private final ScriptedInference server = new ScriptedInference(text -> new float[] {text.length(), 1});
    private final GrpcEmbedder embedder = new GrpcEmbedder(server.target(), "minilm");

    @AfterEach
    void close() {
        embedder.close();
        server.close();
    }

    @Override
    protected Embedder embedder() {
        return embedder;
    }

    @Override
    protected void beAway(int calls) {
        for (int i = 0; i < calls; i++) {
            server.fail(Status.UNAVAILABLE.asRuntimeException());
        }
    }

    @Override
    protected void knowNoModel() {
        server.fail(Status.NOT_FOUND.withDescription("model: minilm").asRuntimeException());
    }

    @Test
    void othersGoFirstAndLongTextsAreCut() {
        embedder.embed(List.of("abc"), soon());

        ModelInferRequest request = server.requests().getFirst();
        assertThat(request.getModelName()).isEqualTo("minilm");
        assertThat(request.getParametersOrThrow("priority").getStringParam()).isEqualTo("batch");
        assertThat(request.getParametersOrThrow("truncate").getBoolParam()).isTrue();
    }

    @Test
    void fullQueueIsAskedAgainWhenItSays() {
        server.fail(GrpcFailures.toStatus(new ResourceExhausted("queue: full", Duration.ofMillis(700))));
        long start = System.nanoTime();

        embedder.embed(List.of("abc"), soon());

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(700));
    }

    @Test
    void typedContentsAreReadToo() {
        server.answerTyped();

        assertThat(embedder.embed(List.of("abcd", "e"), soon()).get(1)).containsExactly(1, 1);
    }

    @Test
    void answerWithoutNumbersIsRefused() {
        try (ScriptedInference empty = new ScriptedInference(text -> new float[0]);
                GrpcEmbedder other = new GrpcEmbedder(empty.target(), "minilm")) {
            assertThatThrownBy(() -> other.embed(List.of("abc"), soon()))
                    .isInstanceOf(FailedPrecondition.class)
                    .hasMessageContaining("expected: FP32 [1, dim]");
        }
    }
}
