package dev.weft.database;

import io.agroal.api.AgroalDataSource;
import io.quarkus.flyway.FlywayConfigurationCustomizer;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.jboss.logging.Logger;

/**
 * Waits for the database before its schema is migrated and checked. Quarkus asks customizers before the first migration, at every
 * start; Flyway's own retries double their pauses and do not say which database they wait for.
 */
@Singleton
final class DatabaseStart implements FlywayConfigurationCustomizer {

    private static final Logger LOG = Logger.getLogger(DatabaseStart.class);
    private static final Duration PAUSE = Duration.ofMillis(250);

    private final AgroalDataSource source;
    private final DatabaseConfig config;

    DatabaseStart(AgroalDataSource source, DatabaseConfig config) {
        this.source = source;
        this.config = config;
    }

    @Override
    public void customize(FluentConfiguration configuration) {
        await(source, DatabaseAddress.of(source), config.startTimeout());
    }

    /**
     * Returns when the database takes connections.
     *
     * @throws IllegalStateException when it does not within the limit, or refuses the user or the password, which waiting does not mend
     */
    static void await(DataSource source, String address, Duration limit) {
        long end = System.nanoTime() + limit.toNanos();
        boolean told = false;
        while (true) {
            try (Connection _ = source.getConnection()) {
                return;
            } catch (SQLException e) {
                if (isRefusal(e)) {
                    throw new IllegalStateException("PostgreSQL at " + address + " refuses: " + e.getMessage()
                            + " (see quarkus.datasource.username, quarkus.datasource.password)");
                }
                if (System.nanoTime() > end) {
                    throw new IllegalStateException("PostgreSQL at " + address + " did not take connections within "
                            + limit.toSeconds() + " s: " + e.getMessage()
                            + " (see quarkus.datasource.jdbc.url, weft.database.start-timeout)");
                }
                if (!told) {
                    LOG.warnf(
                            "waiting for PostgreSQL at %s, up to %d s: %s", address, limit.toSeconds(), e.getMessage());
                    told = true;
                }
                LockSupport.parkNanos(PAUSE.toNanos());
            }
        }
    }

    /** Class 28, invalid authorization; 3D000, no such database: there is somebody, and the answer is no. */
    private static boolean isRefusal(SQLException e) {
        String state = e.getSQLState();
        return state != null && (state.startsWith("28") || state.equals("3D000"));
    }
}
