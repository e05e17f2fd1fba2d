package dev.weft.gateway.door;

import dev.weft.gateway.keys.Caller;
import dev.weft.gateway.limits.KeyLimiter;
import dev.weft.gateway.usage.Budget;
import dev.weft.gateway.usage.Tally;
import dev.weft.gateway.usage.UsageCounters;
import dev.weft.kit.error.Failure.ResourceExhausted;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A request that was let in: from {@link #begin} to {@link #end} it takes one of its key's places, then its key is charged for it and its usage counts.
 * Thread-safe.
 */
public final class Admission {

    private static final String KEY = Admission.class.getName();

    private final Caller caller;
    private final @Nullable KeyLimiter limiter;
    private final UsageCounters usage;
    private final Tally tally;
    private final AtomicBoolean over = new AtomicBoolean(true);

    Admission(Caller caller, @Nullable KeyLimiter limiter, Budget budget, UsageCounters usage) {
        this.tally = new Tally(budget);
        this.caller = caller;
        this.limiter = limiter;
        this.usage = usage;
    }

    /** The request's; null when it needed none. */
    public static @Nullable Admission of(RoutingContext request) {
        return request.get(KEY);
    }

    void attach(RoutingContext request) {
        request.put(KEY, this);
        tally.attach(request);
    }

    /** What the request uses. */
    public Tally tally() {
        return tally;
    }

    /**
     * The request is about to run.
     *
     * @throws ResourceExhausted when too many of its key's run already
     */
    public void begin() {
        if (limiter != null) {
            limiter.enter();
        }
        over.set(false);
    }

    /** It has ended; only the first time counts. */
    public void end(boolean failed) {
        if (over.getAndSet(true)) {
            return;
        }
        if (limiter != null) {
            limiter.leave();
            limiter.charge(
                    System.nanoTime(),
                    tally.effort().promptTokens() + tally.effort().completionTokens());
        }
        usage.add(caller, tally, failed);
    }
}
