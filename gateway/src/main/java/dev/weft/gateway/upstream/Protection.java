package dev.weft.gateway.upstream;

import dev.weft.gateway.catalog.ResolvedModel;
import dev.weft.gateway.catalog.Serving;
import dev.weft.kit.error.Failure;
import io.smallrye.faulttolerance.api.CircuitBreakerState;
import io.smallrye.faulttolerance.api.Guard;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.eclipse.microprofile.faulttolerance.exceptions.BulkheadException;
import org.eclipse.microprofile.faulttolerance.exceptions.CircuitBreakerOpenException;
import org.eclipse.microprofile.faulttolerance.exceptions.TimeoutException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What stands before one model that has others to fall back to: a circuit breaker, a bound on its requests, a limit on the time that it has to
 * begin an answer. Thread-safe.
 */
final class Protection {

    private static final Logger LOG = Logger.getLogger(Protection.class);
    private static final Duration BUSY = Duration.ofMillis(100);
    private static final int SUCCESSES_TO_CLOSE = 2;

    private final String key;
    private final Serving serving;
    private final Guard guard;

    Protection(ResolvedModel model, ProtectionConfig config) {
        this.key = model.key();
        this.serving = model.serving();
        Guard.Builder builder = Guard.create().withDescription(key);
        if (serving.attemptTimeoutMs() > 0) {
            builder = builder.withTimeout()
                    .duration(serving.attemptTimeoutMs(), ChronoUnit.MILLIS)
                    .done();
        }
        if (serving.maxConcurrent() > 0) {
            builder = builder.withBulkhead()
                    .limit(serving.maxConcurrent())
                    .queueSize(1)
                    .done();
        }
        this.guard = builder.withCircuitBreaker()
                .requestVolumeThreshold(config.requests())
                .failureRatio(config.failureRatio())
                .delay(config.delay().toMillis(), ChronoUnit.MILLIS)
                .successThreshold(SUCCESSES_TO_CLOSE)
                .onStateChange(this::tell)
                .done()
                .build();
    }

    private void tell(CircuitBreakerState state) {
        switch (state) {
            case OPEN -> LOG.warnf("model %s fails: it is not asked for now", key);
            case HALF_OPEN -> LOG.infof("model %s is tried again", key);
            case CLOSED -> LOG.infof("model %s answers again", key);
        }
    }

    /** How the model was served when this was made. */
    Serving serving() {
        return serving;
    }

    /**
     * Runs an attempt, unless it is not to be.
     *
     * @param attempt starts it on the thread that calls; its stage completes when the model has begun to answer, or failed
     * @return the attempt's own, or one that fails with a refusal
     */
    @SuppressWarnings("unchecked") // the guard gives the attempt's own type back
    CompletionStage<Boolean> guard(Supplier<CompletionStage<Boolean>> attempt) {
        return (CompletionStage<Boolean>) guard.get(attempt::get, CompletionStage.class);
    }

    /** What a refusal of {@link #guard} means; null for a failure of the attempt itself. */
    static @Nullable Failure refusal(Throwable thrown) {
        return switch (thrown) {
            case CompletionException e when e.getCause() != null -> refusal(e.getCause());
            case CircuitBreakerOpenException _ -> new Failure.Unavailable("it has failed too often, and is not asked");
            case BulkheadException _ -> new Failure.ResourceExhausted("as many requests as it may have", BUSY);
            case TimeoutException _ -> new Failure.DeadlineExceeded("did not begin to answer in its time");
            default -> null;
        };
    }
}
