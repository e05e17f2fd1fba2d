package dev.weft.store.postgres;

import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.time.Deadline;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/** Statements that end with their caller's deadline. */
final class Statements {

    private Statements() {}

    static PreparedStatement prepare(Connection connection, String sql, Deadline deadline) throws SQLException {
        if (deadline.isExpired()) {
            throw new DeadlineExceeded("model store pg: the deadline has passed");
        }
        PreparedStatement statement = connection.prepareStatement(sql);
        // JDBC counts whole seconds, and takes 0 for no limit at all.
        statement.setQueryTimeout(
                Math.clamp(deadline.remaining().plusMillis(999).toSeconds(), 1, Integer.MAX_VALUE / 1000));
        return statement;
    }
}
