package dev.weft.training.backend;

import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.ResourceExhausted;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.time.Deadline;
import dev.weft.training.job.RunKey;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * A place where runs happen. A run is known by its {@link RunKey} alone: an adapter derives every name from it and keeps nothing in memory, so that a
 * dispatcher that has just started knows as much as the one that began the run. Each method may be called again after a crash at any instruction, and
 * by two dispatchers at once. Thread-safe.
 *
 * <p>Every method throws {@link DeadlineExceeded} when its deadline passes first, and {@link Unavailable} when the place does not answer; both say
 * nothing about the run.
 *
 * <p>A rented service is one class more: it implements this, signs {@code TrainingBackendContract} in its test, and is one bean.
 */
public interface TrainingBackend {

    /** How jobs call it: lower-case letters, digits and {@code -}. */
    String name();

    /** The place whose dispatchers alone can reach its runs, such as one machine; empty when all can. */
    Optional<UUID> site();

    /** How many runs it may have at a time, on its site where it has one. */
    int maxRuns();

    /**
     * Begins the run, unless it has been begun before: however often this is called with one key, one run happens.
     *
     * @throws InvalidArgument when it can never run there, since the runtime or the data are of a kind that the place does not know
     * @throws FailedPrecondition when the run was cancelled before, or somebody must first mend the place
     * @throws ResourceExhausted when there is no room, and nothing has been begun
     */
    ExternalRun submit(RunRequest request, Deadline deadline);

    /** The run, when it has been begun, whether or not it has ended. */
    Optional<ExternalRun> find(RunKey key, Deadline deadline);

    /** How the run is doing. A run that has ended stays as it ended until it is discarded. */
    Observation observe(RunKey key, Deadline deadline);

    /**
     * What the run has written since.
     *
     * @param cursor of the piece before; empty for the beginning
     */
    OutputPiece read(RunKey key, String cursor, Deadline deadline);

    /**
     * Ends the run, and sees to it that it is not begun any more when it has not been. Returns before the run has ended: {@link #observe} tells, and
     * this is called again until then. A run that has ended stays as it is.
     */
    void cancel(RunKey key, Deadline deadline);

    /**
     * What a run that has succeeded has made.
     *
     * @param scratch an empty folder that the adapter may fill where the result lies elsewhere
     * @return the folder of its output
     * @throws FailedPrecondition when it is not there, or not as it was sent
     */
    Path output(RunKey key, Path scratch, Deadline deadline);

    /** Removes all that is left of a run that has ended; no effect when there is nothing, or it has not. */
    void discard(RunKey key, Deadline deadline);

    /** All runs of this installation that the place has something of, in no order. */
    List<RunKey> runs(Deadline deadline);
}
