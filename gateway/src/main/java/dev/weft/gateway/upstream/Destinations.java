package dev.weft.gateway.upstream;

import dev.weft.gateway.routing.Placement.Visit;
import dev.weft.gateway.routing.Replica;
import io.vertx.core.Future;
import java.util.List;

/** Where one call may go. Used on the call's event loop. */
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

    /** True when the call may be made once more. */
    boolean again();

    /**
     * The replica failed the call, or said that it cannot answer now.
     *
     * @return whether the call may fare better now; known when the replica has been asked how it is doing
     */
    Future<Boolean> reconsider(Replica replica);
}
