package dev.weft.training.runtime.textclassifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.Failure.NotFound;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.time.Deadline;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What every embedder promises. */
public abstract class EmbedderContract {

    /** An embedder whose vectors are {@code {characters, 1}}. */
    protected abstract Embedder embedder();

    /** Makes the next calls fail as something does that is away for a moment. */
    protected abstract void beAway(int calls);

    /** Makes the next call fail as one does for a model that there is not. */
    protected abstract void knowNoModel();

    protected static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(30));
    }

    @Test
    void vectorsComeInTheOrderOfTheTexts() {
        List<String> texts = IntStream.range(0, 50).mapToObj("é"::repeat).toList();

        List<float[]> vectors = embedder().embed(texts, soon());

        assertThat(vectors).hasSize(50);
        assertThat(vectors.get(7)).containsExactly(7, 1);
        assertThat(vectors.get(49)).containsExactly(49, 1);
    }

    @Test
    void whatIsAwayForAMomentIsAskedAgain() {
        beAway(2);

        assertThat(embedder().embed(List.of("abc"), soon()).getFirst()).containsExactly(3, 1);
    }

    @Test
    void whatStaysAwayIsToldWithinTheDeadline() {
        beAway(1_000);

        assertThatExceptionOfType(Unavailable.class)
                .isThrownBy(() -> embedder().embed(List.of("abc"), Deadline.after(Duration.ofSeconds(1))));
    }

    @Test
    void unknownModelIsToldAtOnce() {
        knowNoModel();

        assertThatExceptionOfType(NotFound.class).isThrownBy(() -> embedder().embed(List.of("abc"), soon()));
    }

    @Test
    void passedDeadlineIsTold() {
        assertThatExceptionOfType(DeadlineExceeded.class)
                .isThrownBy(() -> embedder().embed(List.of("abc"), Deadline.after(Duration.ZERO)));
    }
}
