package dev.weft.kit.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class DeadlineTest {

    @Test
    void timeoutBeyondTheClockIsAVeryLongOne() {
        // The longest that gRPC's header can say.
        Deadline deadline = Deadline.after(Duration.ofHours(99_999_999));

        assertThat(deadline.isExpired()).isFalse();
        assertThat(deadline.remaining()).isGreaterThan(Duration.ofDays(365));
        assertThat(deadline.earlier(Deadline.after(Duration.ofSeconds(1))).remaining())
                .isLessThanOrEqualTo(Duration.ofSeconds(1));
    }
}
