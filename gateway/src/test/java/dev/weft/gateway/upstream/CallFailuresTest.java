package dev.weft.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.kit.error.Failure.Cancelled;
import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.time.Deadline;
import io.vertx.core.http.StreamResetException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class CallFailuresTest {

    private final StreamResetException cancelled = new StreamResetException(CallFailures.CANCEL);

    @Test
    void callThatItsServerCancelsAtTheDeadlineIsLate() {
        assertThat(CallFailures.broken(null, cancelled, Deadline.after(Duration.ZERO)))
                .isInstanceOf(DeadlineExceeded.class);
    }

    @Test
    void callThatItsServerCancelsBeforeIsCancelled() {
        assertThat(CallFailures.broken(null, cancelled, Deadline.after(Duration.ofMinutes(1))))
                .isInstanceOf(Cancelled.class);
        assertThat(CallFailures.broken(null, cancelled, null)).isInstanceOf(Cancelled.class);
    }

    @Test
    void connectionThatBreaksIsUnavailableAlsoAtTheDeadline() {
        assertThat(CallFailures.broken(null, new IllegalStateException("broken"), Deadline.after(Duration.ZERO)))
                .isInstanceOf(Unavailable.class);
    }
}
