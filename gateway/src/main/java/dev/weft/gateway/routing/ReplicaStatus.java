package dev.weft.gateway.routing;

import java.util.Map;

/**
 * What a replica told of itself when it was asked last.
 *
 * @param instance differs after each start of the process
 * @param device {@code cpu} or {@code cuda}
 * @param ready whether it has loaded what it loads at start
 * @param draining whether it is about to end
 * @param memoryBudget bytes that loaded models may take; 0 when nothing limits them
 * @param memoryUsed bytes that they take
 * @param models by {@code name:version}, and by name, where the version that is best off stands for all
 */
public record ReplicaStatus(
        String instance,
        String device,
        boolean ready,
        boolean draining,
        long memoryBudget,
        long memoryUsed,
        Map<String, Model> models) {

    /** Of a replica that was never asked. */
    static final ReplicaStatus UNKNOWN = new ReplicaStatus("", "", false, false, 0, 0, Map.of());

    public ReplicaStatus {
        models = Map.copyOf(models);
    }

    /**
     * A model on the replica.
     *
     * @param reason why it is not ready; empty when nothing is wrong
     * @param weightBytes 0 when it is not loaded
     * @param inFlight requests that it has, whoever sent them
     */
    public record Model(State state, String reason, long weightBytes, int inFlight) {}

    /** Where a model stands. */
    public enum State {
        /** It can be asked. */
        READY,
        /** It is being loaded. */
        LOADING,
        /** It can be loaded. */
        AVAILABLE,
        /** Somebody unloaded it, and it stays so until somebody loads it. */
        UNLOADED,
        /** It cannot be loaded. */
        FAILED
    }
}
