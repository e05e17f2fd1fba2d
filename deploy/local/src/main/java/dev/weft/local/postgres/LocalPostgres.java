package dev.weft.local.postgres;

import dev.weft.local.process.LaunchFailure;
import dev.weft.local.process.ServiceProcess;
import dev.weft.postgres.PostgresBinaries;
import dev.weft.postgres.PostgresFailure;
import dev.weft.postgres.PostgresServer;
import dev.weft.postgres.ServiceDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The PostgreSQL of one data folder.
 *
 * @param programs where PostgreSQL's programs are unpacked
 * @param folder holds {@code data}, PostgreSQL's own, and {@code passwords.properties}
 * @param port on loopback
 * @param log what it says
 */
public record LocalPostgres(Path programs, Path folder, int port, Path log) {

    /** Its name among the services. */
    public static final String NAME = "postgres";

    private static final String DATABASE = "weft";
    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(30);

    /**
     * Starts the server, on the data of the run before where there are any, and makes what services need.
     *
     * @param schemas of the services that keep something
     * @throws LaunchFailure saying what is in the way
     */
    public ServiceProcess start(List<String> schemas) {
        return translated(() -> {
            PostgresServer server = server();
            if (!server.isInitialised()) {
                server.initialise(passwords().of(PostgresServer.SUPERUSER));
            }
            long pid = server.start(port, log, Map.of(), START_LIMIT);
            try {
                ServiceDatabase database = database();
                database.create();
                schemas.forEach(schema -> database.createSchema(schema, password(schema)));
            } catch (PostgresFailure e) {
                server.stop(STOP_LIMIT);
                throw e;
            }
            return new ServiceProcess(NAME, ProcessHandle.of(pid).orElseThrow(), log);
        });
    }

    /** Stops the server, if it runs: its clients are disconnected, what was committed stays. */
    public void stop() {
        if (isMade()) {
            translated(() -> {
                server().stop(STOP_LIMIT);
                return true;
            });
        }
    }

    /** Its process; 0 when it does not run. */
    public long pid() {
        if (!isMade()) {
            return 0;
        }
        return translated(() -> {
            PostgresServer server = server();
            return server.isRunning() ? server.pid().orElse(0) : 0L;
        });
    }

    private boolean isMade() {
        return Files.isDirectory(folder);
    }

    /** What the service that owns the schema must be told, as environment variables. */
    public Map<String, String> environment(String schema) {
        return Map.of(
                "QUARKUS_DATASOURCE_JDBC_URL", database().url(),
                "QUARKUS_DATASOURCE_USERNAME", ServiceDatabase.role(schema),
                "QUARKUS_DATASOURCE_PASSWORD", password(schema));
    }

    private String password(String schema) {
        return passwords().of(ServiceDatabase.role(schema));
    }

    private ServiceDatabase database() {
        return new ServiceDatabase(port, DATABASE, passwords().of(PostgresServer.SUPERUSER));
    }

    private Passwords passwords() {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new LaunchFailure(folder + " cannot be made: " + e.getMessage());
        }
        return new Passwords(folder.resolve("passwords.properties"));
    }

    private PostgresServer server() {
        return new PostgresServer(PostgresBinaries.unpackInto(programs), folder.resolve("data"));
    }

    private static <T> T translated(Supplier<T> action) {
        try {
            return action.get();
        } catch (PostgresFailure e) {
            throw new LaunchFailure(e.getMessage());
        }
    }
}
