package dev.weft.embedding.batch;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** Pauses that grow with each failure in a row, each between half and all of its length so that replicas do not come back together. */
final class Backoff {

    private static final Duration FIRST = Duration.ofMillis(100);

    private final Duration longest;
    private Duration next;

    Backoff(Duration longest) {
        this.longest = longest;
        this.next = smaller(FIRST);
    }

    /** The pause after one more failure. */
    Duration next() {
        Duration pause = next;
        next = smaller(next.multipliedBy(2));
        return Duration.ofNanos(ThreadLocalRandom.current().nextLong(pause.toNanos() / 2, pause.toNanos() + 1));
    }

    /** After a success. */
    void reset() {
        next = smaller(FIRST);
    }

    private Duration smaller(Duration pause) {
        return pause.compareTo(longest) < 0 ? pause : longest;
    }
}
