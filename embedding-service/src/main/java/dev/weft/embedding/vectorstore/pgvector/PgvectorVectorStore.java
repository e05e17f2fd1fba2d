package dev.weft.embedding.vectorstore.pgvector;

import dev.weft.embedding.sql.Session;
import dev.weft.embedding.sql.Transactions;
import dev.weft.embedding.vectorstore.Filter;
import dev.weft.embedding.vectorstore.Match;
import dev.weft.embedding.vectorstore.Metadata;
import dev.weft.embedding.vectorstore.MetadataJson;
import dev.weft.embedding.vectorstore.Point;
import dev.weft.embedding.vectorstore.Selection;
import dev.weft.embedding.vectorstore.VectorQuery;
import dev.weft.embedding.vectorstore.VectorSpace;
import dev.weft.embedding.vectorstore.VectorStore;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.NotFound;
import dev.weft.kit.time.Deadline;
import jakarta.inject.Singleton;
import java.sql.Array;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Keeps each space in a table of its own, with an HNSW index of pgvector.
 *
 * @see <a href="https://github.com/pgvector/pgvector">pgvector</a>
 */
@Singleton
final class PgvectorVectorStore implements VectorStore {

    /** What an index over {@code vector} takes. */
    private static final int MAX_DIMENSION = 2_000;

    private static final String UNDEFINED_TABLE = "42P01";
    private static final int MAX_SEARCH_WIDTH = 1_000;

    private final Transactions transactions;
    private final PgvectorConfig config;

    PgvectorVectorStore(Transactions transactions, PgvectorConfig config) {
        this.transactions = transactions;
        this.config = config;
    }

    @Override
    public String name() {
        return "pgvector";
    }

    /** Runs work on a space's table. */
    private <T extends @Nullable Object> T onTable(VectorSpace space, Deadline deadline, Transactions.Work<T> work) {
        return transactions.run(deadline, session -> {
            try {
                return work.run(session);
            } catch (SQLException e) {
                if (UNDEFINED_TABLE.equals(e.getSQLState())) {
                    throw new NotFound("collection: its points are gone (expected: a collection that is not being"
                            + " deleted; id " + space.id() + ")");
                }
                throw e;
            }
        });
    }

    @Override
    public void create(VectorSpace space, Deadline deadline) {
        if (space.dimension() > MAX_DIMENSION) {
            throw new FailedPrecondition("dimension: " + space.dimension() + " (expected: at most " + MAX_DIMENSION
                    + " in the store 'pgvector')");
        }
        transactions.run(deadline, session -> {
            for (String statement : PgvectorSql.create(space, Extension.find(session), config)) {
                execute(session, statement);
            }
            return true;
        });
    }

    @Override
    public void drop(VectorSpace space, Deadline deadline) {
        transactions.run(deadline, session -> execute(session, "DROP TABLE IF EXISTS " + PgvectorSql.table(space)));
    }

    private static boolean execute(Session session, String sql) throws SQLException {
        try (PreparedStatement statement = session.prepare(sql)) {
            return statement.execute();
        }
    }

    @Override
    public void upsert(VectorSpace space, List<Point> points, Deadline deadline) {
        onTable(space, deadline, session -> {
            try (PreparedStatement statement = session.prepare(PgvectorSql.upsert(space, Extension.find(session)))) {
                statement.setArray(
                        1, texts(session, points.stream().map(Point::id).toList()));
                statement.setArray(
                        2,
                        texts(
                                session,
                                points.stream()
                                        .map(point -> Arrays.toString(point.vector()))
                                        .toList()));
                statement.setArray(
                        3,
                        session.array("text", points.stream().map(Point::text).toArray(String[]::new)));
                statement.setArray(
                        4,
                        texts(
                                session,
                                points.stream()
                                        .map(point -> MetadataJson.write(point.metadata()))
                                        .toList()));
                return statement.executeUpdate();
            }
        });
    }

    private static Array texts(Session session, List<String> texts) throws SQLException {
        return session.array("text", texts.toArray(String[]::new));
    }

    @Override
    public List<Match> query(VectorSpace space, VectorQuery query, Deadline deadline) {
        FilterSql filter = FilterSql.of(query.filter());
        return onTable(space, deadline, session -> {
            Extension extension = Extension.find(session);
            int width = Math.min(MAX_SEARCH_WIDTH, Math.max(config.searchWidth(), query.topK()));
            execute(session, "SET LOCAL hnsw.ef_search = " + width);
            if (extension.scansOn() && !query.filter().equals(Filter.all())) {
                execute(session, "SET LOCAL hnsw.iterative_scan = strict_order");
            }
            try (PreparedStatement statement =
                    session.prepare(PgvectorSql.query(space, extension, query.include(), filter))) {
                String near = Arrays.toString(query.near());
                statement.setString(1, near);
                int next = filter.set(statement, 2);
                statement.setString(next, near);
                statement.setInt(next + 1, query.topK());
                return matches(statement, query);
            }
        });
    }

    private static List<Match> matches(PreparedStatement statement, VectorQuery query) throws SQLException {
        try (ResultSet rows = statement.executeQuery()) {
            List<Match> matches = new ArrayList<>();
            while (rows.next()) {
                float score = (float) rows.getDouble("score");
                if (query.takes(score)) {
                    matches.add(new Match(point(rows), score));
                }
            }
            return matches;
        }
    }

    private static Point point(ResultSet row) throws SQLException {
        Array vector = row.getArray("vector");
        String metadata = row.getString("metadata");
        return new Point(
                row.getString("id"),
                vector == null ? Point.NO_VECTOR : floats((Object[]) vector.getArray()),
                row.getString("text"),
                metadata == null ? Metadata.EMPTY : MetadataJson.read(metadata));
    }

    private static float[] floats(Object[] elements) {
        float[] floats = new float[elements.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (Float) elements[i];
        }
        return floats;
    }

    @Override
    public List<Point> fetch(VectorSpace space, List<String> ids, boolean withVectors, Deadline deadline) {
        Map<String, Point> kept = onTable(space, deadline, session -> {
            try (PreparedStatement statement = session.prepare(PgvectorSql.fetch(space, withVectors))) {
                statement.setArray(1, texts(session, ids));
                try (ResultSet rows = statement.executeQuery()) {
                    Map<String, Point> points = new HashMap<>();
                    while (rows.next()) {
                        Point point = point(rows);
                        points.put(point.id(), point);
                    }
                    return points;
                }
            }
        });
        return ids.stream().map(kept::get).filter(Objects::nonNull).toList();
    }

    @Override
    public Scan scan(VectorSpace space, String cursor, int limit, Deadline deadline) {
        List<Point> some = onTable(space, deadline, session -> {
            try (PreparedStatement statement = session.prepare(PgvectorSql.scan(space))) {
                statement.setString(1, cursor);
                statement.setInt(2, limit);
                try (ResultSet rows = statement.executeQuery()) {
                    List<Point> points = new ArrayList<>();
                    while (rows.next()) {
                        points.add(point(rows));
                    }
                    return points;
                }
            }
        });
        return new Scan(some, some.size() < limit ? "" : some.getLast().id());
    }

    @Override
    public OptionalLong delete(VectorSpace space, Selection selection, Deadline deadline) {
        String from = "DELETE FROM " + PgvectorSql.table(space);
        return OptionalLong.of(onTable(space, deadline, session -> switch (selection) {
            case Selection.Ids(List<String> ids) -> {
                try (PreparedStatement statement = session.prepare(from + " WHERE id = ANY (?)")) {
                    statement.setArray(1, texts(session, ids));
                    yield (long) statement.executeUpdate();
                }
            }
            case Selection.Matching(Filter matching) -> {
                FilterSql filter = FilterSql.of(matching);
                try (PreparedStatement statement = session.prepare(from + " WHERE " + filter.condition())) {
                    filter.set(statement, 1);
                    yield (long) statement.executeUpdate();
                }
            }
            case Selection.Everything() -> {
                try (PreparedStatement statement = session.prepare(from)) {
                    yield (long) statement.executeUpdate();
                }
            }
        }));
    }

    @Override
    public long count(VectorSpace space, Deadline deadline) {
        return onTable(space, deadline, session -> {
            try (PreparedStatement statement = session.prepare("SELECT count(*) FROM " + PgvectorSql.table(space));
                    ResultSet rows = statement.executeQuery()) {
                rows.next();
                return rows.getLong(1);
            }
        });
    }
}
