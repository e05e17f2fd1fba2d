package dev.weft.kit.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RetryBudgetTest {

    @Test
    void aTenthOfAllCallsMayBeMadeOnceMore() {
        RetryBudget budget = new RetryBudget();
        int spent = 0;
        while (budget.withdraw()) {
            spent++;
        }
        assertThat(spent).as("what a quiet gateway may spend").isEqualTo(100);

        int retried = 0;
        for (int call = 0; call < 1_000; call++) {
            budget.deposit();
            retried += budget.withdraw() ? 1 : 0;
        }

        assertThat(retried).isEqualTo(100);
    }
}
