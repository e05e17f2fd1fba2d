package dev.weft.training.publish;

import dev.weft.kit.error.Failure.Aborted;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.time.Deadline;
import dev.weft.store.Published;
import java.util.Map;
import java.util.Optional;

/**
 * The catalog of models, as far as training needs it. Thread-safe. Every method throws {@link Unavailable} when the catalog does not answer.
 */
public interface ModelCatalog {

    /** A version that an alias stands for. */
    record Current(long version, long revision, Map<String, Double> metrics) {
        public Current {
            metrics = Map.copyOf(metrics);
        }
    }

    /**
     * Registers a package as a version of a model, which is made if it is not there. The same package gives the same version, however often.
     *
     * @param labels for people, such as the job's id
     * @return the version's number
     */
    long register(
            String model, Published stored, Map<String, Double> metrics, Map<String, String> labels, Deadline deadline);

    /** What the alias stands for now; empty when it stands for nothing, or for several. */
    Optional<Current> current(String model, String alias, Deadline deadline);

    /**
     * Points the alias to a version.
     *
     * @param revision of the model as it was when that was decided; 0 when there was nothing to compare with
     * @throws Aborted when the model has changed since
     */
    void promote(String model, String alias, long version, long revision, Deadline deadline);
}
