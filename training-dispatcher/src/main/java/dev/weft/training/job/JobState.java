package dev.weft.training.job;

import java.util.Optional;

/** How far a job is. Each state offers the moves that it allows; the table repeats the old state as the condition. */
public sealed interface JobState {

    /** Attempts begun so far, this one included. */
    int attempt();

    /** The state's name in the table and on the wire. */
    default String code() {
        return switch (this) {
            case Queued _ -> "QUEUED";
            case Dispatched _ -> "DISPATCHED";
            case Running _ -> "RUNNING";
            case Stopping _ -> "STOPPING";
            case Succeeded _ -> "SUCCEEDED";
            case Published _ -> "PUBLISHED";
            case Failed _ -> "FAILED";
            case Cancelled _ -> "CANCELLED";
        };
    }

    /** Whether nothing more happens to the job. */
    default boolean isEnd() {
        return switch (this) {
            case Queued _, Dispatched _, Running _, Stopping _ -> false;
            case Succeeded(Run _, boolean toPublish) -> !toPublish;
            case Published _, Failed _, Cancelled _ -> true;
        };
    }

    /** The run that a backend has, or may have. */
    default Optional<Run> currentRun() {
        return switch (this) {
            case Dispatched(Run run) -> Optional.of(run);
            case Running(Run run) -> Optional.of(run);
            case Stopping(Run run, EndReason _) -> Optional.of(run);
            case Succeeded(Run run, boolean _) -> Optional.of(run);
            case Queued _, Published _, Failed _, Cancelled _ -> Optional.empty();
        };
    }

    /**
     * A run.
     *
     * @param site the place that alone can reach it, where the backend has such
     * @param externalId what the backend calls it, once that is known
     */
    record Run(RunKey key, Optional<String> site, Optional<String> externalId) {}

    /** It waits for its turn, or for its next attempt. */
    record Queued(int attempt) implements JobState {

        /** The intent is written before the backend is asked, so that a dispatcher that dies in between leaves a trace. */
        public Dispatched dispatched(JobId job, Optional<String> site) {
            return new Dispatched(new Run(new RunKey(job, attempt + 1), site, Optional.empty()));
        }

        /** It ends before it has begun. */
        public JobState ended(EndReason reason) {
            return endOf(attempt, reason);
        }
    }

    /** A backend has it, or is being given it. */
    record Dispatched(Run run) implements JobState {

        @Override
        public int attempt() {
            return run.key().attempt();
        }

        /** The backend calls it so. */
        public Dispatched accepted(String externalId) {
            return new Dispatched(new Run(run.key(), run.site(), Optional.of(externalId)));
        }

        /** The backend has no room and has begun nothing: the attempt does not count. */
        public Queued returned() {
            return new Queued(attempt() - 1);
        }

        public Running running() {
            return new Running(run);
        }

        public Stopping stopping(EndReason reason) {
            return new Stopping(run, reason);
        }

        public Succeeded succeeded(boolean toPublish) {
            return new Succeeded(run, toPublish);
        }

        /** The run has ended without a result. */
        public Failed failed(EndReason reason) {
            return new Failed(attempt(), reason);
        }

        /** The run has ended without a result, and there is another attempt. */
        public Queued again() {
            return new Queued(attempt());
        }
    }

    /** It trains. */
    record Running(Run run) implements JobState {

        @Override
        public int attempt() {
            return run.key().attempt();
        }

        public Stopping stopping(EndReason reason) {
            return new Stopping(run, reason);
        }

        public Succeeded succeeded(boolean toPublish) {
            return new Succeeded(run, toPublish);
        }

        /** The run has ended without a result. */
        public Failed failed(EndReason reason) {
            return new Failed(attempt(), reason);
        }

        /** The run has ended without a result, and there is another attempt. */
        public Queued again() {
            return new Queued(attempt());
        }
    }

    /** Its run is being ended, for the reason that the job then ends with. */
    record Stopping(Run run, EndReason reason) implements JobState {

        @Override
        public int attempt() {
            return run.key().attempt();
        }

        /** The backend has nothing that runs any more. */
        public JobState stopped() {
            return endOf(attempt(), reason);
        }
    }

    /** It is trained. */
    record Succeeded(Run run, boolean toPublish) implements JobState {

        @Override
        public int attempt() {
            return run.key().attempt();
        }

        public Published published(Publication publication) {
            return new Published(attempt(), publication);
        }

        /** The result cannot be published. */
        public Failed failed(EndReason reason) {
            return new Failed(attempt(), reason);
        }

        /** The result was lost with the machine that held it. */
        public Queued again() {
            return new Queued(attempt());
        }
    }

    /** Its model lies in a store, and in the catalog. */
    record Published(int attempt, Publication publication) implements JobState {}

    /** It ended without a result. */
    record Failed(int attempt, EndReason reason) implements JobState {}

    /** Somebody ended it. */
    record Cancelled(int attempt, EndReason reason) implements JobState {}

    /**
     * What has been published.
     *
     * @param uri in the model store
     * @param version in the catalog
     * @param promoted whether it became the current version
     */
    record Publication(String uri, String version, boolean promoted) {}

    private static JobState endOf(int attempt, EndReason reason) {
        return reason.kind() == EndReason.Kind.CANCELLED ? new Cancelled(attempt, reason) : new Failed(attempt, reason);
    }
}
