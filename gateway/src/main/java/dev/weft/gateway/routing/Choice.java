package dev.weft.gateway.routing;

import java.time.Duration;

/** Where a request goes. */
public sealed interface Choice {

    /** To this replica, now. */
    record Now(Replica replica) implements Choice {}

    /** To this replica, when it has loaded the model. */
    record AfterLoad(Replica replica) implements Choice {}

    /**
     * Nowhere yet: where the model is, too much waits for it.
     *
     * @param retryAfter when some replica would take the request
     */
    record Crowded(Duration retryAfter) implements Choice {}

    /**
     * Nowhere.
     *
     * @param why in words for the client
     */
    record Nowhere(String why) implements Choice {}
}
