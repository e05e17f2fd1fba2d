package dev.weft.gateway.routing;

/** Where a request goes. */
public sealed interface Choice {

    /** To this replica, now. */
    record Now(Replica replica) implements Choice {}

    /** To this replica, when it has loaded the model. */
    record AfterLoad(Replica replica) implements Choice {}

    /**
     * Nowhere.
     *
     * @param why in words for the client
     */
    record Nowhere(String why) implements Choice {}
}
