package dev.weft.gateway.admin;

import dev.weft.gateway.audit.Actor;
import dev.weft.gateway.http.RestCall;
import dev.weft.gateway.keys.Caller;
import io.vertx.ext.web.RoutingContext;

/** Who asks for changes over REST. */
final class Actors {

    private Actors() {}

    static Actor of(RoutingContext context) {
        return new Actor(Caller.of(context).name(), RestCall.of(context).id());
    }
}
