package dev.weft.embedding.sql;

import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.time.Deadline;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/** A connection for the time of one transaction; its statements end with the work's deadline. Belongs to one thread. */
public final class Session {

    private final Connection connection;
    private final Deadline deadline;

    Session(Connection connection, Deadline deadline) {
        this.connection = connection;
        this.deadline = deadline;
    }

    /** A statement, which the caller closes. */
    public PreparedStatement prepare(String sql) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        statement.setQueryTimeout(secondsLeft());
        return statement;
    }

    /** An array of PostgreSQL's. */
    public Array array(String type, Object[] elements) throws SQLException {
        return connection.createArrayOf(type, elements);
    }

    /** The connection itself. */
    public Connection connection() {
        return connection;
    }

    /** Rounded up: JDBC counts in seconds, and 0 is no limit. */
    private int secondsLeft() {
        if (deadline.isExpired()) {
            throw new DeadlineExceeded("deadline: passed before the database was asked (expected: more time)");
        }
        return (int) Math.min(Integer.MAX_VALUE, deadline.remaining().toMillis() / 1_000 + 1);
    }
}
