package dev.weft.kit.identity;

import dev.weft.kit.error.Failure;
import java.util.concurrent.CompletableFuture;

/** Whether a call comes from another service of the mesh. */
public sealed interface Verdict {

    /** The only one of its kind. */
    Verdict ACCEPTED = new Accepted();

    /** It does. */
    record Accepted() implements Verdict {}

    /**
     * Nobody knows that it does.
     *
     * @param failure {@link Failure.Unauthenticated}, or {@link Failure.Unavailable} when whoever could tell does not answer
     */
    record Refused(Failure failure) implements Verdict {}

    /**
     * Somebody has to be asked.
     *
     * @param later never fails, and comes to one of the other two
     */
    record Pending(CompletableFuture<Verdict> later) implements Verdict {}
}
