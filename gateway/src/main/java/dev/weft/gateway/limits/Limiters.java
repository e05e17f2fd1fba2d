package dev.weft.gateway.limits;

import dev.weft.gateway.keys.Credential;
import dev.weft.gateway.keys.KeyLimits;
import dev.weft.gateway.keys.KeysConfig;
import dev.weft.gateway.usage.Budget;
import dev.weft.gateway.usage.MonthlySpending;
import dev.weft.gateway.usage.Prices;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The limiters of all keys that have limits, made when a key is first used. Thread-safe. */
@Singleton
public class Limiters {

    private final Map<String, KeyLimiter> limiters = new ConcurrentHashMap<>();
    private final MonthlySpending spending;
    private final Prices prices;
    private final int gateways;
    private final int most;

    Limiters(LimitsConfig config, KeysConfig keys, MonthlySpending spending, Prices prices) {
        this.spending = spending;
        this.prices = prices;
        this.gateways = config.gateways();
        this.most = keys.maxKeys();
    }

    /** The key's limiter, a new one when its limits have changed; null when it has none. */
    public @Nullable KeyLimiter of(Credential credential) {
        KeyLimits limits = credential.limits();
        if (limits.equals(KeyLimits.NONE)) {
            return null;
        }
        String id = credential.caller().keyId();
        KeyLimiter known = limiters.get(id);
        return known != null && known.isOf(limits) ? known : replace(id, limits);
    }

    /** What the key may spend. */
    public Budget budget(Credential credential) {
        KeyLimits limits = credential.limits();
        return limits.tokensPerMonth() == null && limits.costPerMonth() == null
                ? Budget.UNLIMITED
                : new MonthlyBudget(credential.caller().keyId(), limits, spending, prices);
    }

    private KeyLimiter replace(String id, KeyLimits limits) {
        long now = System.nanoTime();
        if (limiters.size() >= most) {
            // Revoked keys have left theirs behind.
            limiters.values().removeIf(limiter -> limiter.isIdle(now));
        }
        return limiters.compute(
                id, (_, there) -> there != null && there.isOf(limits) ? there : new KeyLimiter(limits, gateways, now));
    }
}
