package dev.weft.gateway.limits;

import dev.weft.gateway.keys.KeyLimits;
import dev.weft.gateway.usage.Budget;
import dev.weft.gateway.usage.MonthlySpending;
import dev.weft.gateway.usage.Prices;
import dev.weft.gateway.usage.Spent;
import dev.weft.kit.error.Failure.ResourceExhausted;
import java.math.BigDecimal;
import java.math.RoundingMode;

/** What a key may use in a month. Models without a price are free, and stay so when the cost is used up. */
record MonthlyBudget(String keyId, KeyLimits limits, MonthlySpending spending, Prices prices) implements Budget {

    private static final int NANOS_PLACES = 9;
    private static final int TOLD_PLACES = 4;

    @Override
    public void require(String model) {
        Spent spent = spending.of(keyId);
        Long tokens = limits.tokensPerMonth();
        if (tokens != null && spent.tokens() >= tokens) {
            throw refusal(spent.tokens() + " of " + tokens + " tokens");
        }
        Double cost = limits.costPerMonth();
        if (cost != null && prices.has(model)) {
            BigDecimal used = BigDecimal.valueOf(spent.costNanos(), NANOS_PLACES);
            if (used.compareTo(BigDecimal.valueOf(cost)) >= 0) {
                throw refusal("a cost of " + plain(used) + " of " + plain(BigDecimal.valueOf(cost)) + ", and model '"
                        + model + "' has a price");
            }
        }
    }

    private ResourceExhausted refusal(String used) {
        return ResourceExhausted.spent(
                "budget of this key: this month has used " + used + " (expected: the next month, or a higher budget)",
                spending.untilNext());
    }

    private static String plain(BigDecimal number) {
        return number.setScale(TOLD_PLACES, RoundingMode.HALF_EVEN)
                .stripTrailingZeros()
                .toPlainString();
    }
}
