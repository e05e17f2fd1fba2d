package dev.weft.embedding.batch;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A batch and how far it is.
 *
 * @param owner whose it is; empty for nobody's
 * @param endpoint what its rows ask for
 * @param inputFile the rows; empty until they have been written, where they come from elsewhere
 * @param source where its rows come from; null when a client has uploaded them
 * @param window how long the work may take
 * @param model the one that its first row names; empty until it is known
 * @param outputFile answers, in the rows' order; null until it has ended, and when there are none
 * @param errorFile rows that failed, in their order; null likewise
 */
public record Batch(
        String id,
        String owner,
        BatchState state,
        Endpoint endpoint,
        String inputFile,
        @Nullable Source source,
        Duration window,
        Map<String, String> metadata,
        String model,
        @Nullable String outputFile,
        @Nullable String errorFile,
        List<BatchError> errors,
        Progress progress,
        Times times) {

    public Batch {
        metadata = Map.copyOf(metadata);
        errors = List.copyOf(errors);
    }

    /**
     * A collection, each of whose texts is a row.
     *
     * @param model that the rows name; empty where they are points for a collection, which has its own
     */
    public record Source(String collection, String model) {}

    /**
     * How far the work is.
     *
     * @param rows in the input; 0 until they have been counted
     * @param tokens that were computed
     * @param rowsPerSecond of late
     */
    public record Progress(long rows, long completed, long failed, long tokens, double rowsPerSecond) {

        /** What is left at the present rate; zero when that cannot be told. */
        public Duration remaining() {
            long left = rows - completed - failed;
            return rowsPerSecond <= 0 || left <= 0
                    ? Duration.ZERO
                    : Duration.ofMillis((long) Math.ceil(1_000 * left / rowsPerSecond));
        }
    }

    /** When what happened; null for what has not. */
    public record Times(
            Instant createdAt,
            Instant expiresAt,
            @Nullable Instant inProgressAt,
            @Nullable Instant finalizingAt,
            @Nullable Instant completedAt,
            @Nullable Instant failedAt,
            @Nullable Instant expiredAt,
            @Nullable Instant cancellingAt,
            @Nullable Instant cancelledAt) {}
}
