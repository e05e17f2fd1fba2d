package dev.weft.inference.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.inference.lifecycle.MemoryBudget.Resident;
import dev.weft.inference.modelpackage.ModelId;
import dev.weft.kit.error.Failure.FailedPrecondition;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MemoryBudgetTest {

    private static final ModelId INTENT = new ModelId("intent", 1);
    private static final ModelId TOPICS = new ModelId("topics", 1);
    private static final ModelId RERANKER = new ModelId("reranker", 1);
    private static final ModelId NEWCOMER = new ModelId("newcomer", 1);

    private final MemoryBudget budget = new MemoryBudget(100);

    @Test
    void nothingIsUnloadedWhileThereIsRoom() {
        assertThat(budget.evictedFor(NEWCOMER, 60, Map.of(INTENT, new Resident(40, 1, true)), 0))
                .isEmpty();
    }

    @Test
    void leastRecentlyUsedGoesFirstAndNoMoreThanNeeded() {
        Map<ModelId, Resident> loaded = Map.of(
                INTENT, new Resident(40, 3, true),
                TOPICS, new Resident(30, 1, true),
                RERANKER, new Resident(30, 2, true));

        assertThat(budget.evictedFor(NEWCOMER, 50, loaded, 0)).containsExactly(TOPICS, RERANKER);
        assertThat(budget.evictedFor(NEWCOMER, 30, loaded, 0)).containsExactly(TOPICS);
    }

    @Test
    void modelsInUseStay() {
        Map<ModelId, Resident> loaded = Map.of(INTENT, new Resident(40, 1, false), TOPICS, new Resident(40, 2, true));

        assertThat(budget.evictedFor(NEWCOMER, 60, loaded, 0)).containsExactly(TOPICS);
        assertThatThrownBy(() -> budget.evictedFor(NEWCOMER, 61, loaded, 0))
                .isInstanceOf(FailedPrecondition.class)
                .hasMessage(
                        "model newcomer:1 needs 61 bytes; 80 of 100 are taken, and models in use hold too many of them"
                                + " (expected: 1 bytes less)");
    }

    @Test
    void memoryOfModelsThatLeaveIsTaken() {
        assertThat(budget.evictedFor(NEWCOMER, 60, Map.of(INTENT, new Resident(40, 1, true)), 30))
                .containsExactly(INTENT);
        assertThatThrownBy(() -> budget.evictedFor(NEWCOMER, 60, Map.of(), 50))
                .isInstanceOf(FailedPrecondition.class)
                .hasMessageContaining("50 of 100 are taken");
    }
}
