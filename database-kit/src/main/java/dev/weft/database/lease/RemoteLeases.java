package dev.weft.database.lease;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Leases on a table's rows that others hold, such as machines that call: they keep them by calls of their own, which may reach any process. Everything
 * happens in the caller's transaction. Immutable.
 */
public final class RemoteLeases<K> {

    private static final String RENEW = """
            UPDATE ${table} SET ${until} = clock_timestamp() + ? * INTERVAL '1 ms'
            WHERE ${key} = ? AND ${owner} = ? AND ${attempt} = ?
            """;

    private final LeaseTable<K> table;

    public RemoteLeases(LeaseTable<K> table) {
        this.table = table;
    }

    /**
     * A row that somebody has claimed.
     *
     * @param token goes with each of his calls: it differs from one claim of the row to the next
     */
    public record Claimed<K>(K key, long token) {}

    /** Claims the first free rows for somebody. What he does not want is to be given back in the same transaction. */
    public List<Claimed<K>> claim(Connection connection, String owner, Duration term, int limit) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(table.statement(Leases.CLAIM))) {
            statement.setInt(1, limit);
            statement.setString(2, owner);
            statement.setLong(3, term.toMillis());
            try (ResultSet rows = statement.executeQuery()) {
                List<Claimed<K>> claimed = new ArrayList<>();
                while (rows.next()) {
                    claimed.add(new Claimed<>(rows.getObject(1, table.keyType()), rows.getLong(2)));
                }
                return claimed;
            }
        }
    }

    /** Prolongs the lease; false when it is not his any more. A lease that has expired and that nobody else has taken is his again. */
    public boolean renew(Connection connection, Claimed<K> claimed, String owner, Duration term) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(table.statement(RENEW))) {
            statement.setLong(1, term.toMillis());
            fence(statement, 2, claimed, owner);
            return statement.executeUpdate() == 1;
        }
    }

    /** Locks the row until the transaction ends; false when the lease is not his any more. */
    public boolean holds(Connection connection, Claimed<K> claimed, String owner) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(table.statement(Leases.REQUIRE))) {
            fence(statement, 1, claimed, owner);
            try (ResultSet rows = statement.executeQuery()) {
                return rows.next();
            }
        }
    }

    /** Gives the row back; false when it was not his any more. */
    public boolean release(Connection connection, Claimed<K> claimed, String owner) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(table.statement(Leases.COMPLETE))) {
            fence(statement, 1, claimed, owner);
            return statement.executeUpdate() == 1;
        }
    }

    private void fence(PreparedStatement statement, int first, Claimed<K> claimed, String owner) throws SQLException {
        statement.setObject(first, claimed.key());
        statement.setString(first + 1, owner);
        statement.setLong(first + 2, claimed.token());
    }
}
