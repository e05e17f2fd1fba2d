package dev.weft.gateway.usage;

import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What keys with a budget have used this month (UTC). It is asked in memory: this gateway's own usage is in it at once, and that of others, or of the time
 * before this process, after the next flush. Thread-safe; {@link #mark}, {@link #correct} are for the one thread that flushes.
 */
@Singleton
public class MonthlySpending {

    /** After which a key that nobody uses is forgotten; it is known again a flush after its next request. */
    private static final Duration KEPT = Duration.ofHours(1);

    private final Map<String, Spent> tracked = new ConcurrentHashMap<>();
    private final Clock clock;
    private YearMonth month;

    @Inject
    MonthlySpending() {
        this(Clock.systemUTC());
    }

    MonthlySpending(Clock clock) {
        this.clock = clock;
        this.month = currentMonth();
    }

    /** What the key has used; it is followed from now on. */
    public Spent of(String keyId) {
        long now = clock.millis();
        Spent spent = tracked.get(keyId);
        if (spent == null) {
            spent = tracked.computeIfAbsent(keyId, _ -> new Spent(now));
        }
        spent.touch(now);
        return spent;
    }

    /** How long this month lasts yet. */
    public Duration untilNext() {
        return Duration.between(
                clock.instant(),
                currentMonth()
                        .plusMonths(1)
                        .atDay(1)
                        .atStartOfDay(ZoneOffset.UTC)
                        .toInstant());
    }

    private YearMonth currentMonth() {
        return YearMonth.now(clock.withZone(ZoneOffset.UTC));
    }

    /** A request of the key has ended, and is in the counters that are flushed. */
    void add(String keyId, long tokens, long costNanos) {
        Spent spent = tracked.get(keyId);
        if (spent != null) {
            spent.add(tokens, costNanos);
        }
    }

    /** Before a flush: what was added until now will be in the database after it. A month that is new begins at nothing, whatever becomes of the flush. */
    void mark() {
        YearMonth now = currentMonth();
        boolean turned = !now.equals(month);
        month = now;
        long oldest = clock.millis() - KEPT.toMillis();
        tracked.values().removeIf(spent -> spent.usedAt() < oldest);
        for (Spent spent : tracked.values()) {
            spent.mark();
            if (turned) {
                spent.correct(0, 0);
            }
        }
    }

    /** The month that {@link #mark} was in. */
    YearMonth month() {
        return month;
    }

    /** The keys that are followed. */
    Set<String> keys() {
        return Set.copyOf(tracked.keySet());
    }

    /** After a flush: what the database has of this month. */
    void correct(Map<String, UsageRepository.Month> stored) {
        stored.forEach((keyId, sums) -> {
            Spent spent = tracked.get(keyId);
            if (spent != null) {
                spent.correct(sums.tokens(), sums.costNanos());
            }
        });
    }
}
