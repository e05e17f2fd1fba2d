package dev.weft.training.runtime;

import dev.weft.kit.error.Failure.InvalidArgument;

/**
 * What a run may use of the machine that it runs on.
 *
 * @param milliCpus cores, in thousandths
 * @param memoryBytes resident memory
 * @param gpus whole devices
 */
public record Resources(int milliCpus, long memoryBytes, int gpus) {

    public Resources {
        if (milliCpus < 1) {
            throw new InvalidArgument("resources: milli_cpus: " + milliCpus + " (expected: >= 1)");
        }
        if (memoryBytes < 1) {
            throw new InvalidArgument("resources: memory_bytes: " + memoryBytes + " (expected: >= 1)");
        }
        if (gpus < 0) {
            throw new InvalidArgument("resources: gpus: " + gpus + " (expected: >= 0)");
        }
    }
}
