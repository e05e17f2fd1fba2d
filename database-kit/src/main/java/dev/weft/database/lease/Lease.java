package dev.weft.database.lease;

import java.time.Duration;

/**
 * A row that this process may work on until the lease is lost. To be closed in any case: it is kept until then. What the work has come to is
 * written in a transaction that {@link Leases#complete} or {@link Leases#require} is part of. Thread-safe.
 */
public final class Lease<K> implements AutoCloseable {

    private final Leases<K> leases;
    private final K key;
    private final long attempt;
    private volatile long keptUntil;
    private volatile boolean lost;

    Lease(Leases<K> leases, K key, long attempt, long keptUntil) {
        this.leases = leases;
        this.key = key;
        this.attempt = attempt;
        this.keptUntil = keptUntil;
    }

    /** The row's primary key. */
    public K key() {
        return key;
    }

    /** How often the row has been claimed, this time included: it rises with each claim, and tells one holder's work from another's. */
    public long attempt() {
        return attempt;
    }

    /**
     * True when somebody else has the row, or may have: it has been claimed anew, or could not be renewed in time. The holder looks here between
     * steps, to stop work that would be for nothing; what he writes is safe without.
     */
    public boolean isLost() {
        return lost || System.nanoTime() - keptUntil >= 0;
    }

    /** Gives the row back; nobody claims it, this process included, before the rest is over. No effect after the lease is completed or lost. */
    public void release(Duration rest) {
        leases.release(this, rest);
    }

    /** Gives the row back at once. No effect after the lease is completed or lost. */
    @Override
    public void close() {
        leases.release(this, Duration.ZERO);
    }

    void keepUntil(long nanoTime) {
        keptUntil = nanoTime;
    }

    void lose() {
        lost = true;
    }
}
