package dev.weft.embedding.vectorstore.embedded;

import dev.weft.embedding.sql.Session;
import dev.weft.embedding.sql.Transactions;
import dev.weft.embedding.vectorstore.FloatBytes;
import dev.weft.embedding.vectorstore.Metadata;
import dev.weft.embedding.vectorstore.MetadataJson;
import dev.weft.embedding.vectorstore.Metric;
import dev.weft.embedding.vectorstore.Point;
import dev.weft.embedding.vectorstore.VectorSpace;
import dev.weft.kit.error.Failure.NotFound;
import dev.weft.kit.time.Deadline;
import jakarta.inject.Singleton;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The tables {@code embedded_space} and {@code embedded_point}. Whoever changes points updates the space's row first and so holds it until the
 * commit: changes become visible in the order of their numbers, and who has seen number n has seen all before it.
 */
@Singleton
class EmbeddedPoints {

    private static final int FETCH_ROWS = 1_000;

    private final Transactions transactions;

    EmbeddedPoints(Transactions transactions) {
        this.transactions = transactions;
    }

    /** Changes that were made: those after {@code from}, up to {@code to}. */
    record Written(UUID incarnation, long from, long to) {}

    void create(VectorSpace space, Deadline deadline) {
        transactions.run(deadline, session -> {
            try (PreparedStatement statement = session.prepare("""
                    INSERT INTO embedded_space (id, dimension, metric) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING
                    """)) {
                statement.setLong(1, space.id());
                statement.setInt(2, space.dimension());
                statement.setString(3, space.metric().name());
                return statement.executeUpdate();
            }
        });
    }

    void drop(VectorSpace space, Deadline deadline) {
        transactions.run(deadline, session -> {
            update(session, "DELETE FROM embedded_space WHERE id = ?", space.id());
            return update(session, "DELETE FROM embedded_point WHERE space_id = ?", space.id());
        });
    }

    /** Every space that there is. */
    List<VectorSpace> spaces(Deadline deadline) {
        return transactions.run(deadline, session -> {
            try (PreparedStatement statement =
                            session.prepare("SELECT id, dimension, metric FROM embedded_space ORDER BY id");
                    ResultSet rows = statement.executeQuery()) {
                List<VectorSpace> spaces = new ArrayList<>();
                while (rows.next()) {
                    spaces.add(new VectorSpace(rows.getLong(1), rows.getInt(2), Metric.valueOf(rows.getString(3))));
                }
                return spaces;
            }
        });
    }

    /**
     * How far a space is.
     *
     * @throws NotFound when there is none
     */
    Head head(VectorSpace space, Deadline deadline) {
        return transactions.run(deadline, session -> head(session, space, ""));
    }

    private static Head head(Session session, VectorSpace space, String lock) throws SQLException {
        try (PreparedStatement statement = session.prepare(
                "SELECT incarnation, sequence, purged, points FROM embedded_space WHERE id = ?" + lock)) {
            statement.setLong(1, space.id());
            try (ResultSet rows = statement.executeQuery()) {
                if (!rows.next()) {
                    throw missing(space);
                }
                return new Head(rows.getObject(1, UUID.class), rows.getLong(2), rows.getLong(3), rows.getLong(4));
            }
        }
    }

    private static NotFound missing(VectorSpace space) {
        return new NotFound("collection: its points are gone (expected: a collection that is not being deleted; id "
                + space.id() + ")");
    }

    /**
     * Writes points.
     *
     * @param room is told how many points there will be, and throws when they are too many
     */
    Written upsert(VectorSpace space, List<Point> points, LongConsumer room, Deadline deadline) {
        return transactions.run(deadline, session -> {
            Head head = head(session, space, " FOR UPDATE");
            String[] ids = points.stream().map(Point::id).toArray(String[]::new);
            long added = points.size() - living(session, space, ids);
            room.accept(head.points() + added);
            insert(session, space, head.sequence(), ids, points);
            return advance(session, space, head, points.size(), added);
        });
    }

    private static long living(Session session, VectorSpace space, String[] ids) throws SQLException {
        try (PreparedStatement statement = session.prepare("""
                SELECT count(*) FROM embedded_point WHERE space_id = ? AND id = ANY (?) AND vector IS NOT NULL
                """)) {
            statement.setLong(1, space.id());
            statement.setArray(2, session.array("text", ids));
            try (ResultSet rows = statement.executeQuery()) {
                rows.next();
                return rows.getLong(1);
            }
        }
    }

    private static void insert(Session session, VectorSpace space, long after, String[] ids, List<Point> points)
            throws SQLException {
        try (PreparedStatement statement = session.prepare("""
                INSERT INTO embedded_point (space_id, id, sequence, vector, text, metadata)
                SELECT ?, p.id, ? + p.n, p.vector, p.text, p.metadata::jsonb
                FROM unnest(?::text[], ?::bytea[], ?::text[], ?::text[])
                    WITH ORDINALITY AS p (id, vector, text, metadata, n)
                ON CONFLICT (space_id, id) DO UPDATE SET
                    sequence = excluded.sequence, vector = excluded.vector, text = excluded.text,
                    metadata = excluded.metadata
                """)) {
            statement.setLong(1, space.id());
            statement.setLong(2, after);
            statement.setArray(3, session.array("text", ids));
            statement.setArray(
                    4,
                    session.array(
                            "bytea",
                            points.stream()
                                    .map(point -> FloatBytes.write(point.vector()))
                                    .toArray(byte[][]::new)));
            statement.setArray(
                    5, session.array("text", points.stream().map(Point::text).toArray(String[]::new)));
            statement.setArray(
                    6,
                    session.array(
                            "text",
                            points.stream()
                                    .map(point -> MetadataJson.write(point.metadata()))
                                    .toArray(String[]::new)));
            statement.executeUpdate();
        }
    }

    private static Written advance(Session session, VectorSpace space, Head head, long changes, long added)
            throws SQLException {
        try (PreparedStatement statement = session.prepare(
                "UPDATE embedded_space SET sequence = sequence + ?, points = points + ? WHERE id = ?")) {
            statement.setLong(1, changes);
            statement.setLong(2, added);
            statement.setLong(3, space.id());
            statement.executeUpdate();
            return new Written(head.incarnation(), head.sequence(), head.sequence() + changes);
        }
    }

    /** What was removed, and the changes that this is. */
    record Removal(Written written, List<String> ids) {}

    /**
     * Removes points.
     *
     * @param which the ids of those, asked while nobody else can change the space; it is told how far the space is
     */
    Removal remove(VectorSpace space, Function<Head, List<String>> which, Deadline deadline) {
        return transactions.run(deadline, session -> {
            Head head = head(session, space, " FOR UPDATE");
            String[] ids = which.apply(head).toArray(String[]::new);
            List<String> removed = bury(session, space, head.sequence(), ids);
            return new Removal(advance(session, space, head, ids.length, -removed.size()), removed);
        });
    }

    private static List<String> bury(Session session, VectorSpace space, long after, String[] ids) throws SQLException {
        try (PreparedStatement statement = session.prepare("""
                UPDATE embedded_point AS p
                SET sequence = ? + r.n, vector = NULL, text = NULL, metadata = NULL
                FROM unnest(?::text[]) WITH ORDINALITY AS r (id, n)
                WHERE p.space_id = ? AND p.id = r.id AND p.vector IS NOT NULL
                RETURNING p.id
                """)) {
            statement.setLong(1, after);
            statement.setArray(2, session.array("text", ids));
            statement.setLong(3, space.id());
            try (ResultSet rows = statement.executeQuery()) {
                List<String> removed = new ArrayList<>();
                while (rows.next()) {
                    removed.add(rows.getString(1));
                }
                return removed;
            }
        }
    }

    /** Removes all points at once, and every index with them; how many there were. */
    long clear(VectorSpace space, Deadline deadline) {
        return transactions.run(deadline, session -> {
            long points = head(session, space, " FOR UPDATE").points();
            update(session, "DELETE FROM embedded_point WHERE space_id = ?", space.id());
            update(session, """
                    UPDATE embedded_space
                    SET incarnation = gen_random_uuid(), sequence = sequence + 1, purged = sequence + 1, points = 0
                    WHERE id = ?
                    """, space.id());
            return points;
        });
    }

    /**
     * Forgets removals up to a change, unless another replica is at it. Indexes that are behind it, in memory or in a snapshot, are built anew
     * when they are asked for.
     */
    void purge(VectorSpace space, long upTo, Deadline deadline) {
        transactions.run(deadline, session -> {
            try (PreparedStatement lock = session.prepare("SELECT pg_try_advisory_xact_lock(hashtext('weft'), ?)")) {
                lock.setInt(1, Long.hashCode(space.id()));
                try (ResultSet rows = lock.executeQuery()) {
                    rows.next();
                    if (!rows.getBoolean(1)) {
                        return 0;
                    }
                }
            }
            try (PreparedStatement statement =
                    session.prepare("UPDATE embedded_space SET purged = greatest(purged, ?) WHERE id = ?")) {
                statement.setLong(1, upTo);
                statement.setLong(2, space.id());
                statement.executeUpdate();
            }
            try (PreparedStatement statement = session.prepare("""
                    DELETE FROM embedded_point WHERE space_id = ? AND sequence <= ? AND vector IS NULL
                    """)) {
                statement.setLong(1, space.id());
                statement.setLong(2, upTo);
                return statement.executeUpdate();
            }
        });
    }

    /**
     * Tells all changes after one, each point's last; and how far the space is with them.
     *
     * @param known decides, told how far the space is, after which change to begin
     */
    Head changes(Space space, ToLongFunction<Head> known, Consumer<Change> sink, Deadline deadline) {
        return transactions.snapshot(deadline, session -> {
            Head head = head(session, space.space(), "");
            long after = known.applyAsLong(head);
            if (after < head.sequence()) {
                try (PreparedStatement statement = session.prepare("""
                        SELECT id, vector, metadata FROM embedded_point WHERE space_id = ? AND sequence > ?
                        """)) {
                    statement.setFetchSize(FETCH_ROWS);
                    statement.setLong(1, space.space().id());
                    statement.setLong(2, after);
                    try (ResultSet rows = statement.executeQuery()) {
                        while (rows.next()) {
                            sink.accept(change(space, rows));
                        }
                    }
                }
            }
            return head;
        });
    }

    private static Change change(Space space, ResultSet row) throws SQLException {
        String id = row.getString(1);
        byte @Nullable [] vector = row.getBytes(2);
        return vector == null
                ? new Change.Removed(id)
                : new Change.Put(
                        new Entry(id, space.prepare(FloatBytes.read(vector)), MetadataJson.read(row.getString(3))));
    }

    /** Points by their ids, as far as they exist. */
    Map<String, Point> fetch(VectorSpace space, List<String> ids, boolean withVectors, Deadline deadline) {
        return transactions.run(deadline, session -> {
            try (PreparedStatement statement = session.prepare("""
                    SELECT id, CASE WHEN ? THEN vector END, text, metadata
                    FROM embedded_point WHERE space_id = ? AND id = ANY (?) AND vector IS NOT NULL
                    """)) {
                statement.setBoolean(1, withVectors);
                statement.setLong(2, space.id());
                statement.setArray(3, session.array("text", ids.toArray()));
                try (ResultSet rows = statement.executeQuery()) {
                    Map<String, Point> points = new HashMap<>();
                    while (rows.next()) {
                        byte @Nullable [] vector = rows.getBytes(2);
                        Metadata metadata = MetadataJson.read(rows.getString(4));
                        points.put(
                                rows.getString(1),
                                new Point(
                                        rows.getString(1),
                                        vector == null ? Point.NO_VECTOR : FloatBytes.read(vector),
                                        rows.getString(3),
                                        metadata));
                    }
                    return points;
                }
            }
        });
    }

    /** Points behind an id, in the ids' order. */
    List<Point> scan(VectorSpace space, String after, int limit, Deadline deadline) {
        return transactions.run(deadline, session -> {
            try (PreparedStatement statement = session.prepare("""
                    SELECT id, text, metadata FROM embedded_point
                    WHERE space_id = ? AND id > ? AND vector IS NOT NULL ORDER BY id LIMIT ?
                    """)) {
                statement.setLong(1, space.id());
                statement.setString(2, after);
                statement.setInt(3, limit);
                try (ResultSet rows = statement.executeQuery()) {
                    List<Point> points = new ArrayList<>();
                    while (rows.next()) {
                        points.add(new Point(
                                rows.getString(1),
                                Point.NO_VECTOR,
                                rows.getString(2),
                                MetadataJson.read(rows.getString(3))));
                    }
                    return points;
                }
            }
        });
    }

    private static int update(Session session, String sql, long id) throws SQLException {
        try (PreparedStatement statement = session.prepare(sql)) {
            statement.setLong(1, id);
            return statement.executeUpdate();
        }
    }
}
