package dev.weft.database;

import dev.weft.kit.error.Failure;
import io.agroal.api.AgroalDataSource;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The service's PostgreSQL. It blocks, for seconds where the database is away (the pool's acquisition timeout, the driver's socket timeout), so
 * it is for virtual threads. Thread-safe.
 */
@Singleton
public class Database {

    private static final int ATTEMPTS = 4;
    private static final Duration PAUSE = Duration.ofMillis(20);

    /** Serialization failure and deadlock: the transaction has left nothing behind, and may well succeed when it runs again. */
    private static final Set<String> WORTH_REPEATING = Set.of("40001", "40P01");

    private final DataSource source;
    private final String address;

    @Inject
    Database(AgroalDataSource source) {
        this(source, DatabaseAddress.of(source));
    }

    /**
     * The database behind a source.
     *
     * @param address how messages call it
     */
    public Database(DataSource source, String address) {
        this.source = source;
        this.address = address;
    }

    /** What happens in one transaction; it may run more than once, so it changes nothing but the database. */
    @FunctionalInterface
    public interface Work<T extends @Nullable Object> {

        /** Runs statements; neither commits nor rolls back. */
        T run(Connection connection) throws SQLException;
    }

    /**
     * Runs the work in one transaction (read committed), which is committed when it returns and rolled back when it throws. Deadlocks and
     * serialization failures are repeated, {@value #ATTEMPTS} times in all.
     *
     * @throws Failure whatever the work throws; {@link Failure.Unavailable} when the database does not answer, and then it is not known whether
     *     a commit that was under way has happened
     */
    public <T extends @Nullable Object> T inTransaction(Work<T> work) {
        for (int attempt = 1; ; attempt++) {
            try {
                return once(work);
            } catch (SQLException e) {
                if (attempt == ATTEMPTS || !WORTH_REPEATING.contains(String.valueOf(e.getSQLState()))) {
                    throw failure(e);
                }
                LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(PAUSE.toNanos()) << attempt);
            }
        }
    }

    private <T extends @Nullable Object> T once(Work<T> work) throws SQLException {
        try (Connection connection = source.getConnection()) {
            connection.setAutoCommit(false);
            boolean done = false;
            try {
                T result = work.run(connection);
                connection.commit();
                done = true;
                return result;
            } finally {
                if (!done) {
                    rollBack(connection);
                }
            }
        }
    }

    private static void rollBack(Connection connection) {
        try {
            connection.rollback();
        } catch (SQLException _) {
            // The connection is gone, and with it the transaction; what went wrong first is what the caller hears.
        }
    }

    /**
     * Tells all who listen to the channel, in all processes, when the transaction commits ({@link ChangeListener}).
     *
     * @param payload at most some thousand bytes
     */
    public static void announce(Connection connection, String channel, String payload) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT pg_notify(?, ?)")) {
            statement.setString(1, channel);
            statement.setString(2, payload);
            statement.execute();
        }
    }

    private Failure failure(SQLException e) {
        String state = e.getSQLState();
        // No state: the pool has no connection to give. 08: connection; 53: no room there; 57: it is going down or
        // coming up.
        boolean away = state == null || state.startsWith("08") || state.startsWith("53") || state.startsWith("57");
        return away
                ? new Failure.Unavailable("the database at " + address + " does not answer; try again")
                : new Failure.Internal("the database refused a statement (" + state + ")", e);
    }
}
