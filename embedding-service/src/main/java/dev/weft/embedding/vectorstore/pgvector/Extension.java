package dev.weft.embedding.vectorstore.pgvector;

import dev.weft.embedding.sql.Session;
import dev.weft.kit.error.Failure.FailedPrecondition;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * The extension as it is in the database.
 *
 * @param schema where its type and operators are, quoted
 * @param scansOn whether a search goes on until a filter has left enough (since 0.8)
 */
record Extension(String schema, boolean scansOn) {

    /**
     * Looks for it.
     *
     * @throws FailedPrecondition when it is not there, or the service's role may not use it
     */
    static Extension find(Session session) throws SQLException {
        try (PreparedStatement statement = session.prepare("""
                        SELECT quote_ident(n.nspname), has_schema_privilege(n.oid, 'USAGE'), current_database(),
                               string_to_array(e.extversion, '.')::int[] >= ARRAY[0, 8]
                        FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
                        WHERE e.extname = 'vector'
                        """);
                ResultSet rows = statement.executeQuery()) {
            if (!rows.next()) {
                throw new FailedPrecondition("store 'pgvector': the database has no extension 'vector'"
                        + " (expected: CREATE EXTENSION vector SCHEMA embedding, or another store)");
            }
            if (!rows.getBoolean(2)) {
                throw new FailedPrecondition("store 'pgvector': schema " + rows.getString(1)
                        + " of the extension 'vector' is closed to the service's role (expected: GRANT USAGE ON SCHEMA "
                        + rows.getString(1) + ")");
            }
            return new Extension(rows.getString(1), rows.getBoolean(4));
        }
    }

    /** One of its types or operator classes. */
    String name(String name) {
        return schema + "." + name;
    }

    /** One of its operators. */
    String operator(String operator) {
        return "OPERATOR(" + schema + "." + operator + ")";
    }
}
