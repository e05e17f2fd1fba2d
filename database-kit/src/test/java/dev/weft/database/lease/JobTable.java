package dev.weft.database.lease;

import dev.weft.database.Database;
import dev.weft.database.TestSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import org.postgresql.ds.PGSimpleDataSource;

/** A table of jobs, each of which adds one to its own row when it is done. */
final class JobTable {

    static final LeaseTable<Long> LEASES = new LeaseTable<>(
            "job", "id", Long.class, LeaseTable.Columns.USUAL, "state = 'WAITING'", "priority DESC, id");

    final PGSimpleDataSource source = TestSource.create();
    final Database database = new Database(source, "here");

    JobTable(int rows) {
        update("""
                CREATE TABLE job (
                    id BIGINT PRIMARY KEY, priority INT NOT NULL DEFAULT 0, state TEXT NOT NULL DEFAULT 'WAITING',
                    runs INT NOT NULL DEFAULT 0, lease_owner TEXT, lease_until TIMESTAMPTZ, attempt BIGINT NOT NULL DEFAULT 0)
                """);
        update("INSERT INTO job (id) SELECT generate_series(1, " + rows + ")");
    }

    LeaseKeeper keeper() {
        return new LeaseKeeper(database);
    }

    /** One replica with a term. */
    Leases<Long> leases(Duration term) {
        return keeper().leases(LEASES, term);
    }

    /** What a worker does at the end: the result and the end of the lease in one transaction. */
    void finish(Leases<Long> leases, Lease<Long> lease) {
        database.inTransaction(connection -> {
            leases.complete(connection, lease);
            return execute(connection, "UPDATE job SET state = 'DONE', runs = runs + 1 WHERE id = " + lease.key());
        });
    }

    int update(String sql) {
        return database.inTransaction(connection -> execute(connection, sql));
    }

    long number(String sql) {
        return database.inTransaction(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(sql);
                    ResultSet rows = statement.executeQuery()) {
                rows.next();
                return rows.getLong(1);
            }
        });
    }

    private static int execute(Connection connection, String sql) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            return statement.executeUpdate();
        }
    }
}
