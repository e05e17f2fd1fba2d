package dev.weft.training.job;

/**
 * Why a run or a job has ended, or is being ended, without a result.
 *
 * @param message for whoever submitted it
 */
public record EndReason(Kind kind, String message) {

    private static final int MAX_LENGTH = 2000;

    public EndReason {
        message = message.length() <= MAX_LENGTH ? message : message.substring(0, MAX_LENGTH - 1) + "…";
    }

    /** What is to blame. */
    public enum Kind {
        /** Somebody asked for it. */
        CANCELLED,
        /** It took too long. */
        DEADLINE,
        /** The data or the parameters: the same run would fail again. */
        INPUT,
        /** The training program, in a way that it did not foresee: that may be the machine too. */
        PROGRAM,
        /** The machine, the cluster, the network, lack of memory: another run may well succeed. */
        INFRASTRUCTURE,
        /** The model could not be stored or registered. */
        PUBLISHING,
        /** The dispatcher could not deal with this job, time and again. */
        POISON
    }

    /** Whether another attempt may succeed. */
    public boolean isWorthRetrying() {
        return switch (kind) {
            case INFRASTRUCTURE, PROGRAM -> true;
            case CANCELLED, DEADLINE, INPUT, PUBLISHING, POISON -> false;
        };
    }
}
