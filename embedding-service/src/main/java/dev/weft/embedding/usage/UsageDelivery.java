package dev.weft.embedding.usage;

import java.time.Instant;
import java.util.List;

/**
 * Usage that is to be added together, and once.
 *
 * @param source whose numbers they are: another database, another source
 * @param number higher than that of all deliveries before; 0 when there is nothing
 */
public record UsageDelivery(String source, long number, List<Entry> entries) {

    /**
     * What an owner has taken of a model in an hour.
     *
     * @param hour when it began
     */
    public record Entry(String owner, Instant hour, BatchUsage usage) {}
}
