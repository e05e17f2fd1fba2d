package dev.weft.training.job;

import dev.weft.kit.error.Failure.InvalidArgument;

/**
 * What a job wants of a machine; 0 where nothing is said.
 *
 * @param cpuMillis thousandths of a core
 */
public record ResourceRequest(int cpuMillis, long memoryBytes, int gpus) {

    /** Nothing is said. */
    public static final ResourceRequest UNSAID = new ResourceRequest(0, 0, 0);

    public ResourceRequest {
        if (cpuMillis < 0 || memoryBytes < 0 || gpus < 0) {
            throw new InvalidArgument("resources: " + cpuMillis + " thousandths of a core, " + memoryBytes + " bytes, "
                    + gpus + " GPUs (expected: none negative)");
        }
    }

    /** These, and where nothing is said, the others. */
    public ResourceRequest orElse(ResourceRequest others) {
        return new ResourceRequest(
                cpuMillis > 0 ? cpuMillis : others.cpuMillis,
                memoryBytes > 0 ? memoryBytes : others.memoryBytes,
                gpus > 0 ? gpus : others.gpus);
    }

    /** Whether a machine that has this much can run what wants so much; a machine that says nothing has enough. */
    public boolean holds(ResourceRequest wanted) {
        return (cpuMillis == 0 || wanted.cpuMillis <= cpuMillis)
                && (memoryBytes == 0 || wanted.memoryBytes <= memoryBytes)
                && wanted.gpus <= gpus;
    }
}
