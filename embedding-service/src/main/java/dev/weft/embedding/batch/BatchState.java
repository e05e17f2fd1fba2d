package dev.weft.embedding.batch;

/** Where a batch is; the names are the table's. */
public enum BatchState {
    /** The input is being read and cut into chunks. */
    VALIDATING,
    /** Ended: there was nothing that could be worked on. */
    FAILED,
    /** Chunks are worked on. */
    IN_PROGRESS,
    /** No chunk waits any more; files are made of the results. */
    FINALIZING,
    /** Ended. */
    COMPLETED,
    /** Ended: the window closed first. */
    EXPIRED,
    /** Somebody wants it to end; files are made of the results that there are. */
    CANCELLING,
    /** Ended. */
    CANCELLED;

    /** True when nothing happens to it any more. */
    public boolean isEnded() {
        return switch (this) {
            case FAILED, COMPLETED, EXPIRED, CANCELLED -> true;
            case VALIDATING, IN_PROGRESS, FINALIZING, CANCELLING -> false;
        };
    }
}
