package dev.weft.embedding.vectorstore.pgvector;

import dev.weft.embedding.vectorstore.Include;
import dev.weft.embedding.vectorstore.Metric;
import dev.weft.embedding.vectorstore.VectorSpace;
import java.util.List;

/** Statements for pgvector. Names are numbers of ours and what the database itself quoted; all else is a parameter. */
final class PgvectorSql {

    private PgvectorSql() {}

    static String table(VectorSpace space) {
        return "pgvector_point_" + space.id();
    }

    static List<String> create(VectorSpace space, Extension extension, PgvectorConfig config) {
        return List.of(
                """
                CREATE TABLE IF NOT EXISTS %1$s (
                    id TEXT COLLATE "C" CONSTRAINT %1$s_pk PRIMARY KEY,
                    vector %2$s(%3$d) NOT NULL,
                    text TEXT,
                    metadata JSONB NOT NULL
                )
                """.formatted(table(space), extension.name("vector"), space.dimension()),
                """
                CREATE INDEX IF NOT EXISTS %1$s_vector_ix ON %1$s USING hnsw (vector %2$s)
                WITH (m = %3$d, ef_construction = %4$d)
                """.formatted(
                                table(space),
                                extension.name(operatorClass(space.metric())),
                                config.neighbours(),
                                Math.max(config.buildWidth(), 2 * config.neighbours())),
                "CREATE INDEX IF NOT EXISTS %1$s_metadata_ix ON %1$s USING gin (metadata jsonb_path_ops)"
                        .formatted(table(space)));
    }

    static String upsert(VectorSpace space, Extension extension) {
        return """
                INSERT INTO %s (id, vector, text, metadata)
                SELECT p.id, p.vector::%s, p.text, p.metadata::jsonb
                FROM unnest(?::text[], ?::text[], ?::text[], ?::text[]) AS p (id, vector, text, metadata)
                ON CONFLICT (id) DO UPDATE SET
                    vector = excluded.vector, text = excluded.text, metadata = excluded.metadata
                """.formatted(table(space), extension.name("vector"));
    }

    /** Its parameters: the vector, those of the filter, the vector, the limit. */
    static String query(VectorSpace space, Extension extension, Include include, FilterSql filter) {
        String distance = "vector " + extension.operator(operator(space.metric())) + " ?::" + extension.name("vector");
        return "SELECT id, %s, %s, %s, %s AS score FROM %s WHERE %s ORDER BY %s LIMIT ?"
                .formatted(
                        include.vector() ? "vector::real[] AS vector" : "NULL::real[] AS vector",
                        include.text() ? "text" : "NULL::text AS text",
                        include.metadata() ? "metadata" : "NULL::jsonb AS metadata",
                        score(space.metric(), "(" + distance + ")"),
                        table(space),
                        filter.condition(),
                        distance);
    }

    static String fetch(VectorSpace space, boolean withVectors) {
        return "SELECT id, %s, text, metadata FROM %s WHERE id = ANY (?)"
                .formatted(withVectors ? "vector::real[] AS vector" : "NULL::real[] AS vector", table(space));
    }

    /** Its parameters: the id to begin behind, the limit. */
    static String scan(VectorSpace space) {
        return "SELECT id, NULL::real[] AS vector, text, metadata FROM %s WHERE id > ? ORDER BY id LIMIT ?"
                .formatted(table(space));
    }

    private static String operatorClass(Metric metric) {
        return switch (metric) {
            case COSINE -> "vector_cosine_ops";
            case DOT -> "vector_ip_ops";
            case EUCLIDEAN -> "vector_l2_ops";
        };
    }

    /** The distance by which the index orders. */
    private static String operator(Metric metric) {
        return switch (metric) {
            case COSINE -> "<=>";
            case DOT -> "<#>";
            case EUCLIDEAN -> "<->";
        };
    }

    private static String score(Metric metric, String distance) {
        return switch (metric) {
            case COSINE -> "1 - " + distance;
            case DOT, EUCLIDEAN -> "-" + distance;
        };
    }
}
