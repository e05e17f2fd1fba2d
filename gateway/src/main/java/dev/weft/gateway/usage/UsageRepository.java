package dev.weft.gateway.usage;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.YearMonth;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/** The table of usage, and what gateways have added to it. Stateless; all methods run in the caller's transaction. */
final class UsageRepository {

    private static final int KEPT_FLUSHES_DAYS = 7;

    private UsageRepository() {}

    /**
     * Adds what a gateway has counted, unless that flush of it is there already. An earlier attempt whose commit is still under way holds the row of
     * {@code usage_flush}, so this one waits for its outcome.
     *
     * @param sequence higher than that of all flushes before
     * @return false when it was there already
     */
    static boolean add(Connection connection, String instance, long sequence, SortedMap<UsageKey, UsageSum> counted)
            throws SQLException {
        if (!note(connection, instance, sequence)) {
            return false;
        }
        try (PreparedStatement upsert = connection.prepareStatement("""
                INSERT INTO usage_hour AS u (hour, key_id, model, backend, requests, errors, rows, prompt_tokens,
                    completion_tokens, compute_us, cost_nanos)
                SELECT * FROM unnest(?::timestamptz[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::bigint[], ?::bigint[],
                    ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[])
                ON CONFLICT ON CONSTRAINT usage_hour_pk DO UPDATE SET
                    requests = u.requests + excluded.requests,
                    errors = u.errors + excluded.errors,
                    rows = u.rows + excluded.rows,
                    prompt_tokens = u.prompt_tokens + excluded.prompt_tokens,
                    completion_tokens = u.completion_tokens + excluded.completion_tokens,
                    compute_us = u.compute_us + excluded.compute_us,
                    cost_nanos = u.cost_nanos + excluded.cost_nanos""")) {
            Collection<UsageKey> keys = counted.keySet();
            set(upsert, 1, "timestamptz", keys, key -> Timestamp.from(key.start()));
            set(upsert, 2, "text", keys, UsageKey::keyId);
            set(upsert, 3, "text", keys, UsageKey::model);
            set(upsert, 4, "text", keys, UsageKey::backend);
            Collection<UsageSum> sums = counted.values();
            setLongs(upsert, 5, sums, UsageSum::requests);
            setLongs(upsert, 6, sums, UsageSum::errors);
            setLongs(upsert, 7, sums, UsageSum::rows);
            setLongs(upsert, 8, sums, UsageSum::promptTokens);
            setLongs(upsert, 9, sums, UsageSum::completionTokens);
            setLongs(upsert, 10, sums, UsageSum::computeMicros);
            setLongs(upsert, 11, sums, UsageSum::costNanos);
            upsert.executeUpdate();
        }
        addToMonths(connection, counted);
        return true;
    }

    private static void addToMonths(Connection connection, SortedMap<UsageKey, UsageSum> counted) throws SQLException {
        try (PreparedStatement upsert = connection.prepareStatement("""
                INSERT INTO usage_month AS m (month, key_id, tokens, cost_nanos)
                SELECT date_trunc('month', hour AT TIME ZONE 'UTC')::date, key_id, sum(tokens), sum(cost)
                FROM unnest(?::timestamptz[], ?::text[], ?::bigint[], ?::bigint[]) AS counted (hour, key_id, tokens, cost)
                GROUP BY 1, 2 ORDER BY 1, 2
                ON CONFLICT ON CONSTRAINT usage_month_pk DO UPDATE SET
                    tokens = m.tokens + excluded.tokens, cost_nanos = m.cost_nanos + excluded.cost_nanos""")) {
            Collection<UsageKey> keys = counted.keySet();
            set(upsert, 1, "timestamptz", keys, key -> Timestamp.from(key.start()));
            set(upsert, 2, "text", keys, UsageKey::keyId);
            Collection<UsageSum> sums = counted.values();
            setLongs(upsert, 3, sums, sum -> sum.promptTokens() + sum.completionTokens());
            setLongs(upsert, 4, sums, UsageSum::costNanos);
            upsert.executeUpdate();
        }
    }

    /** What a key has used in a month. */
    record Month(long tokens, long costNanos) {
        private static final Month NOTHING = new Month(0, 0);
    }

    /** What each of these keys has used in that month. */
    static Map<String, Month> month(Connection connection, YearMonth month, Collection<String> keyIds)
            throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(
                "SELECT key_id, tokens, cost_nanos FROM usage_month WHERE month = ? AND key_id = ANY (?)")) {
            select.setObject(1, month.atDay(1));
            set(select, 2, "text", keyIds, keyId -> keyId);
            Map<String, Month> months = new HashMap<>();
            keyIds.forEach(keyId -> months.put(keyId, Month.NOTHING));
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    months.put(row.getString("key_id"), new Month(row.getLong("tokens"), row.getLong("cost_nanos")));
                }
            }
            return months;
        }
    }

    private static boolean note(Connection connection, String instance, long sequence) throws SQLException {
        try (PreparedStatement note = connection.prepareStatement("""
                INSERT INTO usage_flush AS f (instance, sequence, at) VALUES (?, ?, now())
                ON CONFLICT ON CONSTRAINT usage_flush_pk DO UPDATE SET sequence = excluded.sequence, at = excluded.at
                WHERE f.sequence < excluded.sequence""")) {
            note.setString(1, instance);
            note.setLong(2, sequence);
            return note.executeUpdate() == 1;
        }
    }

    private static <T> void set(
            PreparedStatement statement, int parameter, String type, Collection<T> values, Function<T, Object> value)
            throws SQLException {
        statement.setArray(
                parameter,
                statement
                        .getConnection()
                        .createArrayOf(type, values.stream().map(value).toArray()));
    }

    private static void setLongs(
            PreparedStatement statement, int parameter, Collection<UsageSum> sums, ToLongFunction<UsageSum> value)
            throws SQLException {
        set(statement, parameter, "bigint", sums, value::applyAsLong);
    }

    /** Forgets the flushes of processes that have ended long ago. Whoever delivers usage again and again is no process. */
    static int forgetFlushes(Connection connection) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement(
                "DELETE FROM usage_flush WHERE at < now() - make_interval(days => ?) AND instance NOT LIKE ?")) {
            delete.setInt(1, KEPT_FLUSHES_DAYS);
            delete.setString(2, BatchUsageCollector.INSTANCE + "%");
            return delete.executeUpdate();
        }
    }
}
