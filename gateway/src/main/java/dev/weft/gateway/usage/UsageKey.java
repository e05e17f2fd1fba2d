package dev.weft.gateway.usage;

import java.time.Instant;

/**
 * What is counted apart.
 *
 * @param hour hours since 1970, UTC
 */
record UsageKey(String keyId, String model, String backend, long hour) implements Comparable<UsageKey> {

    static final long SECONDS_PER_HOUR = 3_600;

    /** When the hour began. */
    Instant start() {
        return Instant.ofEpochSecond(hour * SECONDS_PER_HOUR);
    }

    /** As the table's primary key, so that transactions lock its rows in one order. */
    @Override
    public int compareTo(UsageKey other) {
        int order = Long.compare(hour, other.hour);
        order = order != 0 ? order : keyId.compareTo(other.keyId);
        order = order != 0 ? order : model.compareTo(other.model);
        return order != 0 ? order : backend.compareTo(other.backend);
    }
}
