package dev.weft.embedding.sql;

import dev.weft.database.Database;
import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.time.Deadline;
import jakarta.inject.Singleton;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** Transactions that have a deadline. They block; thread-safe. */
@Singleton
public class Transactions {

    private static final String SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY";

    private final Database database;

    Transactions(Database database) {
        this.database = database;
    }

    /** What happens in one transaction; it may run more than once, so it changes nothing but the database. */
    @FunctionalInterface
    public interface Work<T extends @Nullable Object> {

        /** Runs statements; neither commits nor rolls back. */
        T run(Session session) throws SQLException;
    }

    /**
     * Runs the work in one transaction (read committed).
     *
     * @throws dev.weft.kit.error.Failure whatever the work throws; Unavailable when the database does not answer; DeadlineExceeded when it
     *     does not in time, and then it is not known whether a commit that was under way has happened
     */
    public <T extends @Nullable Object> T run(Deadline deadline, Work<T> work) {
        try {
            return database.inTransaction(connection -> work.run(new Session(connection, deadline)));
        } catch (Unavailable e) {
            // A statement that was stopped for its time looks like a database that stops.
            if (deadline.isExpired()) {
                throw new DeadlineExceeded("deadline: passed while the database worked (expected: more time)");
            }
            throw e;
        }
    }

    /**
     * Runs work whose statements all see the database as it was at the first of them, and change nothing.
     *
     * @throws dev.weft.kit.error.Failure as {@link #run}
     */
    public <T extends @Nullable Object> T snapshot(Deadline deadline, Work<T> work) {
        return run(deadline, session -> {
            try (PreparedStatement statement = session.prepare(SNAPSHOT)) {
                statement.execute();
            }
            return work.run(session);
        });
    }
}
