package dev.weft.inference.lifecycle;

import java.time.Duration;
import java.util.HashSet;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;

/**
 * All models whose memory is taken: those that are ready, and those that have been retired and finish their requests. Thread-safe.
 */
final class ResidentModels {

    private static final Logger LOG = Logger.getLogger(ResidentModels.class);
    private static final long MEBI = 1 << 20;

    private final Set<ServedModel> resident = ConcurrentHashMap.newKeySet();

    void add(ServedModel model) {
        resident.add(model);
    }

    /** Those at this moment; the set is the caller's. */
    Set<ServedModel> all() {
        resident.removeIf(model -> model.inFlight().isFreed());
        return new HashSet<>(resident);
    }

    /** Bytes of their weights. */
    double bytes() {
        return all().stream().mapToDouble(ServedModel::weightBytes).sum();
    }

    /** Frees a model and gives its memory back to the operating system; the log tells how much that was. */
    void free(ServedModel model, Duration timeout) {
        OptionalLong before = ProcessMemory.resident();
        if (!model.inFlight().retire(timeout)) {
            return;
        }
        ProcessMemory.trim();
        OptionalLong after = ProcessMemory.resident();
        if (before.isPresent() && after.isPresent()) {
            LOG.infof(
                    "model %s is freed: resident memory %d MiB before, %d MiB after, weights of %d MiB",
                    model.source().id(),
                    before.getAsLong() / MEBI,
                    after.getAsLong() / MEBI,
                    model.weightBytes() / MEBI);
        }
    }
}
