package dev.weft.gateway.upstream;

import dev.weft.gateway.routing.Placement.Visit;
import dev.weft.gateway.routing.Replica;
import dev.weft.kit.error.Failure;
import io.vertx.core.Future;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where one call may go: to the replicas of one model, and, when that cannot answer, to those of another. Used on the call's event loop. */
interface Destinations {

    /**
     * The replica to call.
     *
     * @param tried those that have failed this call
     * @return fails with a {@link dev.weft.kit.error.Failure} when there is none
     */
    Future<Replica> next(List<Replica> tried);

    /** The call goes to the replica. */
    Visit visit(Replica replica);

    /** The replica has answered the call, and that it failed. */
    default void failed(Replica replica, Failure failure) {}

    /** True when the call may be made once more. */
    boolean again();

    /**
     * The replica failed the call, or said that it cannot answer now.
     *
     * @return whether the call may fare better now; known when the replica has been asked how it is doing
     */
    Future<Boolean> reconsider(Replica replica);

    /** What tells the replica which model is meant, where that is not the one that the message names; null where it is. */
    default @Nullable String modelHeader() {
        return null;
    }

    /** Which models were asked. */
    default Route route() {
        return Route.NONE;
    }

    /** What stands before the model that is asked now; null for nothing. */
    default @Nullable Protection protection() {
        return null;
    }

    /** True when {@link #fallBack} would find another model. */
    default boolean hasFallback() {
        return false;
    }

    /** The model that is asked now has failed the call: moves on to the next, and says whether there is one. */
    default boolean fallBack(Failure why) {
        return false;
    }

    /** True for a failure that is the model's, or of those that run it, and not the request's. */
    static boolean isWorthAnother(Failure failure) {
        return switch (failure) {
            case Failure.Unavailable _,
                    Failure.ResourceExhausted _,
                    Failure.DeadlineExceeded _,
                    Failure.Internal _,
                    Failure.NotFound _,
                    Failure.FailedPrecondition _ -> true;
            case Failure.InvalidArgument _,
                    Failure.TooLarge _,
                    Failure.Unauthenticated _,
                    Failure.PermissionDenied _,
                    Failure.AlreadyExists _,
                    Failure.Aborted _,
                    Failure.Cancelled _,
                    Failure.Unimplemented _ -> false;
        };
    }
}
