package dev.weft.gateway.limits;

import dev.weft.gateway.keys.KeyLimits;
import dev.weft.kit.error.Failure.ResourceExhausted;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** One key's limits at this gateway, and how much of them is used. Lock-free. */
public final class KeyLimiter {

    private static final int SECONDS_PER_MINUTE = 60;

    /** When a slot becomes free is not known; an answer takes about as long. */
    private static final Duration UNTIL_A_SLOT = Duration.ofMillis(250);

    private final KeyLimits limits;
    private final @Nullable Rate requests;
    private final @Nullable Rate tokens;
    private final long burst;
    private final long tokensPerMinute;
    private final int slots;
    private final AtomicInteger running = new AtomicInteger();

    /**
     * @param gateways among which the limits are divided; what is left of each is at least one
     */
    KeyLimiter(KeyLimits limits, int gateways, long now) {
        this.limits = limits;
        Double perSecond = limits.requestsPerSecond();
        Integer atOnce = limits.burst();
        Long perMinute = limits.tokensPerMinute();
        Integer concurrent = limits.concurrent();
        double wanted = atOnce != null ? atOnce : perSecond == null ? 0 : perSecond;
        this.burst = Math.max(1, (long) wanted / gateways);
        this.requests = perSecond == null ? null : new Rate(perSecond / gateways, burst, now);
        this.tokensPerMinute = perMinute == null ? 0 : Math.max(1, perMinute / gateways);
        this.tokens = perMinute == null
                ? null
                : new Rate((double) tokensPerMinute / SECONDS_PER_MINUTE, tokensPerMinute, now);
        this.slots = concurrent == null ? Integer.MAX_VALUE : Math.max(1, concurrent / gateways);
    }

    boolean isOf(KeyLimits these) {
        return limits.equals(these);
    }

    /** True when nothing of it is used, so that a new one would be the same. */
    boolean isIdle(long now) {
        return running.get() == 0
                && (requests == null || requests.untilFull(now) == 0)
                && (tokens == null || tokens.untilFull(now) == 0);
    }

    /**
     * Counts a request that comes now.
     *
     * @throws ResourceExhausted when it is one too many
     */
    public void admit(long now) {
        if (tokens != null) {
            long wait = tokens.waitForOne(now);
            if (wait > 0) {
                throw refusal("tokens per minute", tokensPerMinute, wait);
            }
        }
        if (requests != null) {
            long wait = requests.take(now);
            if (wait > 0) {
                throw refusal("requests per second", String.valueOf(limits.requestsPerSecond()), wait);
            }
        }
    }

    private static ResourceExhausted refusal(String what, Object limit, long waitNanos) {
        Duration wait = Duration.ofMillis(Math.ceilDiv(waitNanos, TimeUnit.MILLISECONDS.toNanos(1)));
        return new ResourceExhausted(
                "limit of this key: " + limit + " " + what + " (expected: again in " + wait.toMillis() + " ms)", wait);
    }

    /**
     * Takes one of the places of requests that run; {@link #leave()} gives it back.
     *
     * @throws ResourceExhausted when all are taken
     */
    public void enter() {
        if (running.incrementAndGet() > slots) {
            running.decrementAndGet();
            throw new ResourceExhausted(
                    "limit of this key: " + slots + " requests at a time (expected: fewer)", UNTIL_A_SLOT);
        }
    }

    /** A request has ended. */
    public void leave() {
        running.decrementAndGet();
    }

    /** An answer has cost so many tokens; more than are left delay the next request. */
    public void charge(long now, long amount) {
        if (tokens != null && amount > 0) {
            tokens.charge(now, amount);
        }
    }

    /**
     * Tells the limits as headers: those of the IETF's draft, in whole seconds, about requests where they are limited and tokens where only those
     * are, and those that OpenAI's clients know.
     *
     * @see <a href="https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-07">RateLimit header fields</a>
     */
    public void tell(long now, BiConsumer<String, String> header) {
        if (tokens != null) {
            tell(tokens, tokensPerMinute, "tokens", now, header);
        }
        if (requests != null) {
            tell(requests, burst, "requests", now, header);
        }
    }

    private static void tell(Rate rate, long limit, String what, long now, BiConsumer<String, String> header) {
        String all = Long.toString(limit);
        String left = Long.toString(rate.remaining(now));
        long millis = Math.ceilDiv(rate.untilFull(now), TimeUnit.MILLISECONDS.toNanos(1));
        header.accept("RateLimit-Limit", all);
        header.accept("RateLimit-Remaining", left);
        header.accept("RateLimit-Reset", Long.toString(Math.ceilDiv(millis, 1_000)));
        header.accept("x-ratelimit-limit-" + what, all);
        header.accept("x-ratelimit-remaining-" + what, left);
        header.accept("x-ratelimit-reset-" + what, seconds(millis) + "s");
    }

    private static String seconds(long millis) {
        return BigDecimal.valueOf(millis, 3).stripTrailingZeros().toPlainString();
    }
}
