package dev.weft.inference.lifecycle;

import dev.weft.inference.modelpackage.ModelId;
import dev.weft.kit.error.Failure.FailedPrecondition;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Which models must go so that another one fits. A model counts with the size of its weights' files. Stateless. */
record MemoryBudget(long limit) {

    /** The part of the process' memory that models get where nobody says how much: the rest is for the heap and what runs allocate. */
    private static final double DEFAULT_SHARE = 0.7;

    /**
     * A loaded model as the budget sees it.
     *
     * @param bytes of its weights
     * @param lastUsed in the terms of {@link System#nanoTime()}
     * @param idle whether it may be unloaded
     */
    record Resident(long bytes, long lastUsed, boolean idle) {}

    static MemoryBudget of(EngineConfig config) {
        long whole = ProcessMemory.limit().orElse(Long.MAX_VALUE);
        return new MemoryBudget(config.memoryBudget()
                .map(size -> size.asLongValue())
                .orElse(whole == Long.MAX_VALUE ? whole : (long) (whole * DEFAULT_SHARE)));
    }

    /**
     * Those of the loaded models, least recently used first, that must be unloaded before {@code bytes} more fit.
     *
     * @param newcomer for the message
     * @param leaving bytes of models that take no more requests, and are not freed yet
     * @throws FailedPrecondition when it does not fit even then; tells the figures
     */
    List<ModelId> evictedFor(ModelId newcomer, long bytes, Map<ModelId, Resident> loaded, long leaving) {
        long used =
                leaving + loaded.values().stream().mapToLong(Resident::bytes).sum();
        long excess = used + bytes - limit;
        List<ModelId> evicted = new ArrayList<>();
        List<Map.Entry<ModelId, Resident>> idle = loaded.entrySet().stream()
                .filter(entry -> entry.getValue().idle() && entry.getValue().bytes() > 0)
                .sorted(Comparator.comparingLong(entry -> entry.getValue().lastUsed()))
                .toList();
        for (Map.Entry<ModelId, Resident> candidate : idle) {
            if (excess <= 0) {
                break;
            }
            evicted.add(candidate.getKey());
            excess -= candidate.getValue().bytes();
        }
        if (excess > 0) {
            throw new FailedPrecondition("model " + newcomer + " needs " + bytes + " bytes; " + used + " of " + limit
                    + " are taken, and models in use hold too many of them (expected: " + excess + " bytes less)");
        }
        return evicted;
    }
}
