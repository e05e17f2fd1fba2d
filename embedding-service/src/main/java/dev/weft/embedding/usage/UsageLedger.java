package dev.weft.embedding.usage;

import dev.weft.database.Database;
import dev.weft.kit.error.Failure;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Keeps what batches have taken of models until somebody has added it elsewhere. There is one delivery at a time: it is handed out, the same to all who
 * ask, until one of them says that it is taken, and only then is there another. So whoever remembers the number of the last that he added loses nothing
 * and adds nothing twice. Thread-safe; blocks.
 */
@Singleton
public class UsageLedger {

    /** Entries of one delivery. */
    private static final int MOST = 5_000;

    private final Database database;

    UsageLedger(Database database) {
        this.database = database;
    }

    /** Adds to what the owner has taken in this hour, in the caller's transaction. */
    public static void add(Connection connection, String owner, List<BatchUsage> usages) throws SQLException {
        try (PreparedStatement upsert = connection.prepareStatement("""
                INSERT INTO batch_usage AS u (owner, model, hour, requests, errors, rows, prompt_tokens, compute_us)
                VALUES (?, ?, date_trunc('hour', now()), ?, ?, ?, ?, ?)
                ON CONFLICT ON CONSTRAINT batch_usage_pk DO UPDATE SET
                    requests = u.requests + excluded.requests,
                    errors = u.errors + excluded.errors,
                    rows = u.rows + excluded.rows,
                    prompt_tokens = u.prompt_tokens + excluded.prompt_tokens,
                    compute_us = u.compute_us + excluded.compute_us""")) {
            // In one order, so that transactions wait for each other and never in a circle.
            for (BatchUsage usage : usages.stream()
                    .sorted(Comparator.comparing(BatchUsage::model))
                    .toList()) {
                upsert.setString(1, owner);
                upsert.setString(2, usage.model());
                upsert.setLong(3, usage.requests());
                upsert.setLong(4, usage.errors());
                upsert.setLong(5, usage.rows());
                upsert.setLong(6, usage.promptTokens());
                upsert.setLong(7, usage.computeMicros());
                upsert.addBatch();
            }
            upsert.executeBatch();
        }
    }

    /**
     * The next delivery.
     *
     * @param source of a delivery that has been added; empty for none
     * @param number of that delivery
     * @throws Failure.Unavailable when the database does not answer
     */
    public UsageDelivery take(String source, long number) {
        return database.inTransaction(connection -> {
            Source own = lock(connection);
            if (own.id().equals(source)) {
                forget(connection, number);
            }
            List<UsageDelivery.Entry> entries = delivered(connection);
            if (entries.isEmpty() && deliver(connection, own.number() + 1)) {
                entries = delivered(connection);
                return new UsageDelivery(own.id(), own.number() + 1, entries);
            }
            return new UsageDelivery(own.id(), entries.isEmpty() ? 0 : own.number(), entries);
        });
    }

    private record Source(String id, long number) {}

    private static Source lock(Connection connection) throws SQLException {
        try (PreparedStatement select =
                        connection.prepareStatement("SELECT id, delivery FROM usage_source FOR UPDATE");
                ResultSet row = select.executeQuery()) {
            if (!row.next()) {
                throw new Failure.Internal("usage_source has no row (expected: the one of its migration)", null);
            }
            return new Source(row.getString(1), row.getLong(2));
        }
    }

    private static void forget(Connection connection, long number) throws SQLException {
        try (PreparedStatement delete =
                connection.prepareStatement("DELETE FROM batch_usage WHERE delivery > 0 AND delivery <= ?")) {
            delete.setLong(1, number);
            delete.executeUpdate();
        }
    }

    private static boolean deliver(Connection connection, long number) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement("""
                WITH next AS (
                    SELECT owner, model, hour FROM batch_usage WHERE delivery = 0
                    ORDER BY owner, model, hour LIMIT ? FOR UPDATE)
                UPDATE batch_usage u SET delivery = ? FROM next
                WHERE u.owner = next.owner AND u.model = next.model AND u.hour = next.hour AND u.delivery = 0""")) {
            update.setInt(1, MOST);
            update.setLong(2, number);
            if (update.executeUpdate() == 0) {
                return false;
            }
        }
        try (PreparedStatement update = connection.prepareStatement("UPDATE usage_source SET delivery = ?")) {
            update.setLong(1, number);
            update.executeUpdate();
        }
        return true;
    }

    private static List<UsageDelivery.Entry> delivered(Connection connection) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("""
                        SELECT owner, model, hour, requests, errors, rows, prompt_tokens, compute_us
                        FROM batch_usage WHERE delivery > 0 ORDER BY owner, model, hour""");
                ResultSet row = select.executeQuery()) {
            List<UsageDelivery.Entry> entries = new ArrayList<>();
            while (row.next()) {
                entries.add(new UsageDelivery.Entry(
                        row.getString(1),
                        row.getTimestamp(3).toInstant(),
                        new BatchUsage(
                                row.getString(2),
                                row.getLong(4),
                                row.getLong(5),
                                row.getLong(6),
                                row.getLong(7),
                                row.getLong(8))));
            }
            return entries;
        }
    }
}
