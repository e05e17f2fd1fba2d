package dev.weft.bench;

import io.grpc.Status;

/** How a request ended, as overload sees it. */
enum Outcome {
    /** Answered in time. */
    OK,
    /** Turned away at once. */
    REFUSED,
    /** Its deadline passed first. */
    EXPIRED,
    /** Anything else. */
    FAILED;

    static Outcome of(Status status) {
        return switch (status.getCode()) {
            case OK -> OK;
            case RESOURCE_EXHAUSTED -> REFUSED;
            case DEADLINE_EXCEEDED -> EXPIRED;
            default -> FAILED;
        };
    }
}
