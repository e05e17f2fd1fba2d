package dev.weft.gateway.door;

import dev.weft.gateway.keys.Credential;
import dev.weft.gateway.keys.KeyFixtures;
import dev.weft.gateway.keys.KeyLimits;
import dev.weft.gateway.limits.KeyLimiter;
import dev.weft.gateway.limits.LimitFixtures;
import dev.weft.gateway.limits.Limiters;
import dev.weft.gateway.usage.UsageCounters;
import dev.weft.gateway.usage.UsageFixtures;
import dev.weft.kit.rpc.CallEffort;
import io.vertx.core.http.HttpMethod;
import java.util.Arrays;
import java.util.Objects;

/**
 * Measures what a key costs each request in this process: finding it among 10,000, its scope, its limits and their headers, its usage and metrics. What
 * HTTP does with a few headers more is not in it. Prints quantiles of single requests.
 */
public final class HotPathCost {

    private static final int ROUNDS = 400_000;
    private static final int LAST = 100_000;
    private static final KeyLimits LIMITS =
            new KeyLimits(1_000_000.0, 1_000_000, 1_000_000_000_000L, 1_000, 1_000_000_000_000L, 1e9);
    private static final CallEffort EFFORT = new CallEffort(1, 9, 0, 1_300);

    private final AccessTable table = new AccessTable();
    private final KeyFixtures keys = new KeyFixtures(LIMITS, 9_999);
    private final UsageFixtures usages = new UsageFixtures();
    private final Limiters limiters = LimitFixtures.limiters(usages.spending(), usages.prices());
    private final UsageCounters usage = usages.counters();
    private int headers;

    private HotPathCost() {}

    /** Runs it. */
    public static void main(String[] arguments) {
        HotPathCost cost = new HotPathCost();
        long[] nanos = new long[LAST];
        for (int i = 0; i < ROUNDS; i++) {
            long start = System.nanoTime();
            cost.request();
            nanos[i % LAST] = System.nanoTime() - start;
        }
        Arrays.sort(nanos);
        System.out.printf(
                "p50 %.1f us, p90 %.1f us, p99 %.1f us (%d headers)%n",
                nanos[LAST / 2] / 1e3, nanos[LAST * 9 / 10] / 1e3, nanos[LAST * 99 / 100] / 1e3, cost.headers);
    }

    private void request() {
        Access access = table.of(HttpMethod.POST, "/v2/models/all-minilm-l6-v2/infer");
        Credential credential = keys.authenticate();
        access.require(credential.caller());
        KeyLimiter limiter = Objects.requireNonNull(limiters.of(credential));
        Admission admission = new Admission(credential.caller(), limiter, limiters.budget(credential), usage);
        limiter.admit(System.nanoTime());
        admission.begin();
        admission.tally().budget().require("all-minilm-l6-v2");
        admission.tally().asked("all-minilm-l6-v2", "default");
        admission.tally().add(EFFORT);
        limiter.tell(System.nanoTime(), (_, _) -> headers++);
        admission.end(false);
    }
}
