package dev.weft.embedding.vectorstore;

import dev.weft.kit.time.Deadline;
import java.util.List;
import java.util.OptionalLong;

/**
 * Keeps the points of collections and finds them by their vectors. Thread-safe. Every method blocks until it is done or the deadline has
 * passed, and throws a {@link dev.weft.kit.error.Failure}: Unavailable when what keeps the points does not answer, DeadlineExceeded, and what
 * is named below.
 *
 * <p>What {@link #upsert} and {@link #delete} have done when they return is there after any crash, and in what is asked here afterwards. (A
 * store that is elsewhere may show it later; it says so.)
 */
public interface VectorStore {

    /** How configuration and clients name this store. */
    String name();

    /**
     * Makes room for a collection; nothing changes when there is room already.
     *
     * @throws dev.weft.kit.error.Failure.FailedPrecondition when this store cannot be used here, and why
     */
    void create(VectorSpace space, Deadline deadline);

    /** Removes a collection's room and its points; nothing changes when there is none. */
    void drop(VectorSpace space, Deadline deadline);

    /**
     * Adds points, or replaces those that have their ids; all or none, unless the store is elsewhere, where an attempt that failed may have
     * left some. Repeating it is safe.
     *
     * @param points with vectors that {@link VectorSpace#require} takes, and no id twice
     * @throws dev.weft.kit.error.Failure.NotFound when there is no such space
     * @throws dev.weft.kit.error.Failure.ResourceExhausted when it does not fit
     */
    void upsert(VectorSpace space, List<Point> points, Deadline deadline);

    /**
     * The nearest points that the filter is true of, nearest first.
     *
     * @throws dev.weft.kit.error.Failure.NotFound when there is no such space
     */
    List<Match> query(VectorSpace space, VectorQuery query, Deadline deadline);

    /**
     * Points by their ids, in that order; those that do not exist are left out.
     *
     * @param ids each of them once
     */
    List<Point> fetch(VectorSpace space, List<String> ids, boolean withVectors, Deadline deadline);

    /**
     * Some points, without their vectors, in an order of the store's: for whoever reads all of them, part by part. Points that come or go meanwhile
     * may be among them or not; all others are, once.
     *
     * @param cursor where to go on, as the part before says; empty to begin
     * @param limit how many at most; there may be fewer though there are more behind them
     */
    Scan scan(VectorSpace space, String cursor, int limit, Deadline deadline);

    /**
     * A part of all points.
     *
     * @param next where to go on; empty after the last part
     */
    record Scan(List<Point> points, String next) {}

    /**
     * Removes points.
     *
     * @return how many there were; empty when this store does not tell
     */
    OptionalLong delete(VectorSpace space, Selection selection, Deadline deadline);

    /** How many points there are. */
    long count(VectorSpace space, Deadline deadline);
}
