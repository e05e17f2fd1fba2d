package dev.weft.embedding.collection;

import dev.weft.embedding.sql.Transactions;
import dev.weft.embedding.vectorstore.Metric;
import dev.weft.embedding.vectorstore.VectorSpace;
import dev.weft.kit.error.Failure.AlreadyExists;
import dev.weft.kit.error.Failure.ResourceExhausted;
import dev.weft.kit.time.Deadline;
import jakarta.inject.Singleton;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The table {@code collection}. A collection is CREATING until its store has made room, and DELETING until the store has cleared it away; only one
 * that is READY is seen. What was left in between by a process that ended is told to {@link #unfinished}.
 */
@Singleton
class CollectionRepository {

    private static final String COLUMNS = "id, name, model, dimension, metric, store, created_at";
    private static final Duration RETRY = Duration.ofSeconds(60);

    private final Transactions transactions;

    CollectionRepository(Transactions transactions) {
        this.transactions = transactions;
    }

    /**
     * Takes a name.
     *
     * @throws AlreadyExists when it is taken
     * @throws ResourceExhausted when there are as many as may be
     */
    Collection begin(NewCollection wanted, int dimension, String store, int limit, Deadline deadline) {
        OffsetDateTime now = OffsetDateTime.now(ZoneOffset.UTC).truncatedTo(ChronoUnit.MICROS);
        return transactions.run(deadline, session -> {
            try (PreparedStatement count = session.prepare("SELECT count(*) FROM collection");
                    ResultSet rows = count.executeQuery()) {
                rows.next();
                if (rows.getLong(1) >= limit) {
                    throw new ResourceExhausted(
                            "collections: " + rows.getLong(1) + " (expected: fewer than " + limit + ")", RETRY);
                }
            }
            try (PreparedStatement statement = session.prepare("""
                    INSERT INTO collection (name, model, dimension, metric, store, state, created_at)
                    VALUES (?, ?, ?, ?, ?, 'CREATING', ?) ON CONFLICT (name) DO NOTHING RETURNING id
                    """)) {
                statement.setString(1, wanted.name());
                statement.setString(2, wanted.model());
                statement.setInt(3, dimension);
                statement.setString(4, wanted.metric().name());
                statement.setString(5, store);
                statement.setObject(6, now);
                try (ResultSet rows = statement.executeQuery()) {
                    if (!rows.next()) {
                        throw new AlreadyExists("collection '" + wanted.name()
                                + "': there is one already (expected: another name, or its deletion)");
                    }
                    VectorSpace space = new VectorSpace(rows.getLong(1), dimension, wanted.metric());
                    return new Collection(space, wanted.name(), wanted.model(), store, now.toInstant());
                }
            }
        });
    }

    /** Lets a collection be seen; false when somebody has begun to delete it. */
    boolean ready(Collection collection, Deadline deadline) {
        return move(collection, "CREATING", "READY", deadline);
    }

    /** Hides a collection for good; false when it is not there. */
    boolean beginDeletion(Collection collection, Deadline deadline) {
        return move(collection, "READY", "DELETING", deadline) || move(collection, "CREATING", "DELETING", deadline);
    }

    private boolean move(Collection collection, String from, String to, Deadline deadline) {
        return transactions.run(deadline, session -> {
            try (PreparedStatement statement =
                    session.prepare("UPDATE collection SET state = ? WHERE id = ? AND state = ?")) {
                statement.setString(1, to);
                statement.setLong(2, collection.space().id());
                statement.setString(3, from);
                return statement.executeUpdate() == 1;
            }
        });
    }

    /** Gives the name back. */
    void end(Collection collection, Deadline deadline) {
        transactions.run(deadline, session -> {
            try (PreparedStatement statement =
                    session.prepare("DELETE FROM collection WHERE id = ? AND state = 'DELETING'")) {
                statement.setLong(1, collection.space().id());
                return statement.executeUpdate();
            }
        });
    }

    /** The collection of that name. */
    Optional<Collection> find(String name, Deadline deadline) {
        return transactions.run(deadline, session -> {
            try (PreparedStatement statement =
                    session.prepare("SELECT " + COLUMNS + " FROM collection WHERE name = ? AND state = 'READY'")) {
                statement.setString(1, name);
                try (ResultSet rows = statement.executeQuery()) {
                    return rows.next() ? Optional.of(read(rows)) : Optional.empty();
                }
            }
        });
    }

    /** All of them, by name. */
    List<Collection> list(Deadline deadline) {
        return transactions.run(deadline, session -> {
            try (PreparedStatement statement = session.prepare(
                    "SELECT " + COLUMNS + " FROM collection WHERE state = 'READY' ORDER BY name COLLATE \"C\"")) {
                return all(statement);
            }
        });
    }

    /** Those whose making or deletion began before a time and did not end. */
    List<Collection> unfinished(Duration age, Deadline deadline) {
        OffsetDateTime before = OffsetDateTime.now(ZoneOffset.UTC).minus(age);
        return transactions.run(deadline, session -> {
            try (PreparedStatement statement = session.prepare("SELECT " + COLUMNS
                    + " FROM collection WHERE state = 'DELETING' OR (state = 'CREATING' AND created_at < ?)")) {
                statement.setObject(1, before);
                return all(statement);
            }
        });
    }

    private static List<Collection> all(PreparedStatement statement) throws SQLException {
        try (ResultSet rows = statement.executeQuery()) {
            List<Collection> collections = new ArrayList<>();
            while (rows.next()) {
                collections.add(read(rows));
            }
            return collections;
        }
    }

    private static Collection read(ResultSet row) throws SQLException {
        return new Collection(
                new VectorSpace(row.getLong("id"), row.getInt("dimension"), Metric.valueOf(row.getString("metric"))),
                row.getString("name"),
                row.getString("model"),
                row.getString("store"),
                row.getObject("created_at", OffsetDateTime.class).toInstant());
    }
}
