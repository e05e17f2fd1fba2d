package dev.weft.gateway.usage;

import dev.weft.kit.rpc.CallEffort;
import java.time.Instant;
import java.util.List;

/** Where the usage of batches waits to be added. Thread-safe; blocks. */
public interface BatchUsageSource {

    /**
     * The next delivery; the one before again, unless it is the one that is told.
     *
     * @param added that has been added to the database, by whomever
     * @throws dev.weft.kit.error.Failure when there is no answer
     */
    Delivery next(Delivery added);

    /**
     * Usage that is to be added together, and once.
     *
     * @param source whose numbers they are
     * @param number higher than those of the source before it; 0 when there is nothing
     */
    record Delivery(String source, long number, List<Entry> entries) {

        /** No delivery. */
        public static final Delivery NONE = new Delivery("", 0, List.of());

        /** Whether there is nothing to add. */
        public boolean isEmpty() {
            return number == 0;
        }
    }

    /**
     * What an owner's batches have taken of a model in an hour.
     *
     * @param owner the key's id; empty for nobody's
     * @param hour when it began
     * @param requests rows of batches that asked the model
     * @param errors those without an answer
     */
    record Entry(String owner, String model, Instant hour, long requests, long errors, CallEffort effort) {}
}
