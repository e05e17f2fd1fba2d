package dev.weft.kit.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Metadata;
import org.junit.jupiter.api.Test;

class ModelEffortTest {

    @Test
    void trailersTellEachModelsEffort() {
        ModelEffort one = new ModelEffort("all-minilm", new CallEffort(2, 18, 0, 1_300));
        ModelEffort other = new ModelEffort("reranker ü/1", new CallEffort(50, 900, 0, 40_000));
        Metadata trailers = new Metadata();
        trailers.put(ModelEffort.METADATA, one.trailer());
        trailers.put(ModelEffort.METADATA, "nonsense");
        trailers.put(ModelEffort.METADATA, other.trailer());

        assertThat(other.trailer()).isEqualTo("50,900,0,40000 reranker+%C3%BC%2F1");
        assertThat(ModelEffort.ofTrailers(trailers)).containsExactly(one, other);
    }

    @Test
    void noTrailersTellNothing() {
        assertThat(ModelEffort.ofTrailers(null)).isEmpty();
        assertThat(ModelEffort.ofTrailers(new Metadata())).isEmpty();
    }
}
