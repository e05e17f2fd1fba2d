package dev.weft.embedding.usage;

import dev.weft.kit.rpc.CallEffort;
import dev.weft.kit.rpc.ModelEffort;
import io.grpc.Context;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Adds up what one call has taken of models. Thread-safe. */
public final class CallUsage {

    /** Where a call keeps it. */
    static final Context.Key<CallUsage> CONTEXT = Context.key("usage");

    private final Map<String, CallEffort> efforts = new LinkedHashMap<>();

    /** That of the call which this thread answers; a new one, which nobody reads, where there is none. */
    public static CallUsage ofCall() {
        CallUsage usage = CONTEXT.get();
        return usage == null ? new CallUsage() : usage;
    }

    /** A model has been asked, whatever came of it. */
    public synchronized void add(String model, CallEffort effort) {
        if (!effort.equals(CallEffort.NONE)) {
            efforts.merge(model, effort, CallEffort::plus);
        }
    }

    /** What there was until now, one for each model. */
    synchronized List<ModelEffort> efforts() {
        return efforts.entrySet().stream()
                .map(entry -> new ModelEffort(entry.getKey(), entry.getValue()))
                .toList();
    }
}
