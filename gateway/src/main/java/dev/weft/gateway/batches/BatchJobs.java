package dev.weft.gateway.batches;

import dev.weft.gateway.http.RestCall;
import dev.weft.kit.error.Failure;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Batches, wherever they are worked on. Callers see their own, administrators all. Thread-safe; blocks, and throws {@link Failure.Unavailable} when
 * nobody answers.
 */
public interface BatchJobs {

    /** @throws Failure InvalidArgument, NotFound when there is no such file or collection, ResourceExhausted when too many are open */
    Job create(Order order, RestCall call);

    /** @throws Failure.NotFound when there is no such batch */
    Job get(String id, RestCall call);

    /**
     * The newest first.
     *
     * @param after the batch to begin behind; empty to begin at the newest
     */
    Page list(String after, int limit, RestCall call);

    /** @throws Failure NotFound when there is no such batch, FailedPrecondition when it has ended */
    Job cancel(String id, RestCall call);

    /**
     * What a client wants.
     *
     * @param inputFile the rows; empty when they are a collection's texts
     * @param inputCollection the collection whose texts they are; empty when there is a file
     * @param inputModel what embeds those; empty for the usual
     * @param outputKeep null for as long as the service keeps them
     */
    record Order(
            String inputFile,
            String inputCollection,
            String inputModel,
            String endpoint,
            Duration window,
            Map<String, String> metadata,
            @Nullable Duration outputKeep) {}

    /** Some batches, and whether there are more. */
    record Page(List<Job> jobs, boolean hasMore) {}

    /**
     * A batch.
     *
     * @param state as OpenAI calls it
     * @param inputCollection the collection whose texts are its rows; empty when there is none
     * @param files input, output and errors; empty for those that there are not
     * @param times by OpenAI's names, in seconds since 1970; only of what has happened
     */
    record Job(
            String id,
            String endpoint,
            Duration window,
            String state,
            String model,
            String inputCollection,
            Files files,
            List<Problem> errors,
            Counts counts,
            Map<String, String> metadata,
            Map<String, Long> times) {}

    /** A batch's files. */
    record Files(String input, String output, String errors) {}

    /** Why a batch failed as a whole; line 0 is none. */
    record Problem(String code, String message, long line) {}

    /** How far a batch is. */
    record Counts(long total, long completed, long failed, long tokens, double rowsPerSecond, long remainingMs) {}
}
