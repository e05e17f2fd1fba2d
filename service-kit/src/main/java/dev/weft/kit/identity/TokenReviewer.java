package dev.weft.kit.identity;

import java.util.concurrent.CompletableFuture;

/** Somebody who knows whose a token is. Thread-safe. */
interface TokenReviewer {

    /** What he says. */
    sealed interface Review {}

    /**
     * The token is valid.
     *
     * @param user whose it is
     */
    record Valid(String user) implements Review {}

    /** The token is not valid, or is meant for others. */
    record Invalid(String why) implements Review {}

    /** He says nothing. */
    record NoAnswer(String why) implements Review {}

    /** Asks about a token; the answer never fails, and comes within the reviewer's own time limit. */
    CompletableFuture<Review> review(String token);
}
