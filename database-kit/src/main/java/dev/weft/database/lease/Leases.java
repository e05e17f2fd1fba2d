package dev.weft.database.lease;

import dev.weft.database.Database;
import dev.weft.kit.error.Failure;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;

/**
 * The leases of one process on one table. Only the database's clock says when a lease ends, so it does not matter what the replicas' clocks show;
 * this process measures, by its monotonic clock and from before the statement was sent, how long it may believe that it still has one. Thread-safe.
 */
public final class Leases<K> {

    private static final Logger LOG = Logger.getLogger(Leases.class);

    /**
     * Two claimers at once: each skips what the other has locked. A claimer that finds a row free and gets its lock only after another has claimed
     * it and committed: PostgreSQL looks at the row again, and it is no longer free. The rows are chosen in a part of its own since a planner may
     * run a subquery of {@code IN} more than once, and would lock more than the limit.
     */
    static final String CLAIM = """
            WITH free AS MATERIALIZED (
                SELECT ${key} AS claimed FROM ${table}
                WHERE (${claimable}) AND (${until} IS NULL OR ${until} <= statement_timestamp())
                ORDER BY ${order}
                LIMIT ?
                FOR UPDATE SKIP LOCKED)
            UPDATE ${table} SET
                ${owner} = ?, ${until} = clock_timestamp() + ? * INTERVAL '1 ms', ${attempt} = ${attempt} + 1
            FROM free WHERE ${key} = free.claimed
            RETURNING ${key}, ${attempt}
            """;

    /** Rows that a transaction of our own is about to complete are locked, and need no renewal: waiting for them would let the others expire. */
    private static final String RENEW = """
            WITH kept AS MATERIALIZED (
                SELECT ${key} AS claimed FROM ${table}
                WHERE ${owner} = ? AND ${key} = ANY (?)
                FOR UPDATE SKIP LOCKED)
            UPDATE ${table} SET ${until} = clock_timestamp() + ? * INTERVAL '1 ms'
            FROM kept WHERE ${key} = kept.claimed
            """;

    private static final String OURS =
            "SELECT ${key}, ${attempt} FROM ${table} WHERE ${owner} = ? AND ${key} = ANY (?)";

    /** The lock keeps claimers away until the transaction ends, even when the lease has expired and nobody has noticed. */
    static final String REQUIRE =
            "SELECT 1 FROM ${table} WHERE ${key} = ? AND ${owner} = ? AND ${attempt} = ? FOR UPDATE";

    static final String COMPLETE = """
            UPDATE ${table} SET ${owner} = NULL, ${until} = NULL
            WHERE ${key} = ? AND ${owner} = ? AND ${attempt} = ?
            """;

    private static final String RELEASE = """
            UPDATE ${table} SET ${owner} = NULL, ${until} = clock_timestamp() + ? * INTERVAL '1 ms'
            WHERE ${key} = ? AND ${owner} = ? AND ${attempt} = ?
            """;

    private static final String WAKE = "UPDATE ${table} SET ${until} = NULL WHERE ${key} = ? AND ${owner} IS NULL";

    private static final String RELEASE_ALL = """
            WITH kept AS MATERIALIZED (
                SELECT ${key} AS claimed FROM ${table} WHERE ${owner} = ? FOR UPDATE SKIP LOCKED)
            UPDATE ${table} SET ${owner} = NULL, ${until} = NULL
            FROM kept WHERE ${key} = kept.claimed
            """;

    private final Database database;
    private final LeaseTable<K> table;
    private final Duration term;
    private final String owner;
    private final Map<K, Lease<K>> held = new ConcurrentHashMap<>();
    private volatile boolean closed;

    Leases(Database database, LeaseTable<K> table, Duration term, String owner) {
        this.database = database;
        this.table = table;
        this.term = term;
        this.owner = owner;
    }

    /**
     * Claims the first free rows, and keeps them until the leases are closed.
     *
     * @return at most {@code limit} leases, in no particular order; none after the process has begun to stop
     * @throws Failure.Unavailable when the database does not answer: what may have been claimed is free again after the leases' term
     */
    public List<Lease<K>> claim(int limit) {
        if (closed || limit <= 0) {
            return List.of();
        }
        long keptUntil = System.nanoTime() + term.toNanos();
        List<Lease<K>> leases = database.inTransaction(connection -> {
            List<Lease<K>> claimed = new ArrayList<>();
            try (PreparedStatement statement = prepare(connection, CLAIM)) {
                statement.setInt(1, limit);
                statement.setString(2, owner);
                statement.setLong(3, term.toMillis());
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        claimed.add(new Lease<>(this, rows.getObject(1, table.keyType()), rows.getLong(2), keptUntil));
                    }
                }
            }
            return claimed;
        });
        for (Lease<K> lease : leases) {
            Lease<K> expired = held.put(lease.key(), lease);
            if (expired != null) {
                expired.lose();
            }
        }
        return leases;
    }

    /**
     * Locks the row until the transaction ends, if the lease still holds.
     *
     * @throws Failure.Aborted when the row has been claimed anew or given back since: the transaction must not be committed
     */
    public void require(Connection connection, Lease<K> lease) throws SQLException {
        try (PreparedStatement statement = prepare(connection, REQUIRE)) {
            fence(statement, 1, lease);
            try (ResultSet rows = statement.executeQuery()) {
                if (!rows.next()) {
                    throw lost(lease);
                }
            }
        }
    }

    /**
     * Ends the lease with the transaction, in which the caller writes what has come of the work and makes the row one that is not claimable.
     *
     * @throws Failure.Aborted as {@link #require} does
     */
    public void complete(Connection connection, Lease<K> lease) throws SQLException {
        try (PreparedStatement statement = prepare(connection, COMPLETE)) {
            fence(statement, 1, lease);
            if (statement.executeUpdate() == 0) {
                throw lost(lease);
            }
        }
    }

    /**
     * Ends the lease with the transaction; nobody claims the row before the rest is over, unless somebody wakes it.
     *
     * @throws Failure.Aborted as {@link #require} does
     */
    public void rest(Connection connection, Lease<K> lease, Duration rest) throws SQLException {
        try (PreparedStatement statement = prepare(connection, RELEASE)) {
            statement.setLong(1, rest.toMillis());
            fence(statement, 2, lease);
            if (statement.executeUpdate() == 0) {
                throw lost(lease);
            }
        }
    }

    /**
     * Ends a row's rest with the transaction. A row that somebody holds is left alone: he sees what the transaction has written beside this when he
     * reads the row in the transaction of his own {@link #rest}, since one of the two waits for the other's lock on it.
     */
    public void wake(Connection connection, K key) throws SQLException {
        try (PreparedStatement statement = prepare(connection, WAKE)) {
            statement.setObject(1, key);
            statement.executeUpdate();
        }
    }

    void release(Lease<K> lease, Duration rest) {
        if (!held.remove(lease.key(), lease)) {
            return;
        }
        try {
            database.inTransaction(connection -> {
                try (PreparedStatement statement = prepare(connection, RELEASE)) {
                    statement.setLong(1, rest.toMillis());
                    fence(statement, 2, lease);
                    return statement.executeUpdate();
                }
            });
        } catch (Failure.Unavailable e) {
            // Nobody renews it any more, so it is free after its term.
            LOG.debugf("%s %s: not given back: %s", table.name(), lease.key(), e.getMessage());
        }
    }

    /** Renews all that is held, and tells those leases that are lost. */
    void renew(int limitMs) {
        Map<K, Lease<K>> before = new HashMap<>(held);
        if (before.isEmpty()) {
            return;
        }
        long keptUntil = System.nanoTime() + term.toNanos();
        Map<K, Long> ours = database.inTransaction(connection -> within(connection, limitMs, () -> {
            Object[] keys = before.keySet().toArray();
            try (PreparedStatement statement = prepare(connection, RENEW)) {
                statement.setString(1, owner);
                statement.setArray(2, connection.createArrayOf(table.sqlType(), keys));
                statement.setLong(3, term.toMillis());
                statement.executeUpdate();
            }
            return ours(connection, keys);
        }));
        before.forEach((key, lease) -> {
            Long attempt = ours.get(key);
            if (attempt != null && attempt == lease.attempt()) {
                lease.keepUntil(keptUntil);
            } else if (held.remove(key, lease)) {
                lease.lose();
            }
        });
    }

    private Map<K, Long> ours(Connection connection, Object[] keys) throws SQLException {
        try (PreparedStatement statement = prepare(connection, OURS)) {
            statement.setString(1, owner);
            statement.setArray(2, connection.createArrayOf(table.sqlType(), keys));
            Map<K, Long> attempts = new HashMap<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    attempts.put(rows.getObject(1, table.keyType()), rows.getLong(2));
                }
            }
            return attempts;
        }
    }

    /** Gives back all that is held, and claims nothing any more. */
    void close(int limitMs) {
        closed = true;
        if (held.isEmpty()) {
            return;
        }
        held.values().forEach(Lease::lose);
        held.clear();
        database.inTransaction(connection -> within(connection, limitMs, () -> {
            try (PreparedStatement statement = prepare(connection, RELEASE_ALL)) {
                statement.setString(1, owner);
                return statement.executeUpdate();
            }
        }));
    }

    Duration term() {
        return term;
    }

    private PreparedStatement prepare(Connection connection, String template) throws SQLException {
        return connection.prepareStatement(table.statement(template));
    }

    private void fence(PreparedStatement statement, int first, Lease<K> lease) throws SQLException {
        statement.setObject(first, lease.key());
        statement.setString(first + 1, owner);
        statement.setLong(first + 2, lease.attempt());
    }

    private Failure.Aborted lost(Lease<K> lease) {
        lease.lose();
        return new Failure.Aborted(table.name() + " " + lease.key() + ": claimed " + lease.attempt()
                + " times when the work began (expected: nobody else has claimed it since)");
    }

    private interface Statements<T> {
        T run() throws SQLException;
    }

    /** A connection whose other end has gone without a word must not hold up the renewal of everything else for the driver's whole timeout. */
    private static <T> T within(Connection connection, int limitMs, Statements<T> statements) throws SQLException {
        int usual = connection.getNetworkTimeout();
        connection.setNetworkTimeout(Runnable::run, limitMs);
        try {
            return statements.run();
        } finally {
            if (!connection.isClosed()) {
                connection.setNetworkTimeout(Runnable::run, usual);
            }
        }
    }
}
