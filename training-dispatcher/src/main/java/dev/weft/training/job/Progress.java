package dev.weft.training.job;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * How far a run says it is. Its pace is measured between its first and its last report, so that the time before training does not count, and a
 * run that has fallen silent is not believed for long.
 *
 * @param fraction 0 to 1, of the last report
 * @param at the last report
 * @param fromFraction of the first report
 * @param from the first report
 */
public record Progress(double fraction, Instant at, double fromFraction, Instant from) {

    private static final double LEAST = 0.02;
    private static final int SILENCE = 3;

    /** What is left by the pace so far; empty while too little is known, and when the run is silent for long. */
    public Optional<Duration> timeLeft(Instant now) {
        double gained = fraction - fromFraction;
        long took = Duration.between(from, at).toMillis();
        if (gained < LEAST || took <= 0) {
            return Optional.empty();
        }
        long silent = Duration.between(at, now).toMillis();
        if (silent > (long) SILENCE * took) {
            return Optional.empty();
        }
        long left = Math.round((1 - fraction) * took / gained) - silent;
        return left >= 0 ? Optional.of(Duration.ofMillis(left)) : Optional.empty();
    }
}
