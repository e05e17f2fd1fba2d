package dev.weft.training.backend;

import dev.weft.training.job.EndReason;
import java.util.List;

/** How a run is doing. */
public sealed interface Observation {

    /** There is no such run. */
    record Missing() implements Observation {}

    /** It has been taken and does not train yet. */
    record Waiting(String reason) implements Observation {}

    /** It trains. */
    record Running() implements Observation {}

    /**
     * Its program has ended by itself, and nothing of it runs any more.
     *
     * @param lastLines the end of what it has written, standard error first
     */
    record Exited(int code, List<String> lastLines) implements Observation {
        public Exited {
            lastLines = List.copyOf(lastLines);
        }
    }

    /** It was ended, and nothing of it runs any more. */
    record Ended(EndReason reason) implements Observation {}

    /** Who had it has given it back unfinished, for no fault of its own, and nothing of it runs any more. */
    record GivenBack(String reason) implements Observation {}
}
