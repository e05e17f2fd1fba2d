package dev.weft.gateway.upstream;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.impl.ContextInternal;

/** Brings what other threads complete to the event loop that owns a call. */
final class OnLoop {

    private OnLoop() {}

    /** The same, told on the event loop to whoever registers there; costs nothing for what is complete already. */
    static <T> Future<T> tell(ContextInternal loop, Future<T> future) {
        if (future.isComplete()) {
            return future;
        }
        Promise<T> promise = loop.promise();
        future.onComplete(promise);
        return promise.future();
    }
}
