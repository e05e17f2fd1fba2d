package dev.weft.testkit;

import dev.weft.postgres.PostgresBinaries;
import dev.weft.postgres.PostgresFailure;
import dev.weft.postgres.PostgresServer;
import dev.weft.postgres.ServiceDatabase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;

/**
 * The PostgreSQL server of this test run, with room for the pools of many tests: one per JVM, started when first asked for, stopped with the JVM. Its data lie under {@code target},
 * are not flushed to disk, and are deleted at the end. Not for use by several threads.
 */
public final class TestPostgres {

    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String PASSWORD = "notasecretintests";

    /** Quarkus loads test classes by several class loaders, and each would have a server of its own. */
    private static final String FOLDER = "weft.testkit.postgres";

    private static final String PORT = "weft.testkit.postgres.port";
    private static final int ATTEMPTS = 5;

    private TestPostgres() {}

    /** A new, empty database on the server. */
    public static ServiceDatabase newDatabase() {
        if (System.getProperty(FOLDER) == null) {
            initialise();
        }
        String name = "test_" + UUID.randomUUID().toString().replace('-', '_');
        ServiceDatabase database = new ServiceDatabase(Integer.getInteger(PORT), name, PASSWORD);
        database.create();
        return database;
    }

    /**
     * What a service under test must be told to use an empty schema of its own in that database.
     *
     * @param schema the service's
     */
    public static Map<String, String> newSchema(ServiceDatabase database, String schema) {
        database.createSchema(schema, PASSWORD);
        return database.settings(schema, PASSWORD);
    }

    private static void initialise() {
        try {
            Path target = Path.of("target").toAbsolutePath();
            Files.createDirectories(target);
            System.setProperty(
                    FOLDER, Files.createTempDirectory(target, "postgres-data").toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server().initialise(PASSWORD);
        Runtime.getRuntime().addShutdownHook(new Thread(TestPostgres::remove));
        for (int attempt = 1; System.getProperty(PORT) == null; attempt++) {
            int port = FreePorts.next();
            try {
                start(port);
                System.setProperty(PORT, Integer.toString(port));
            } catch (PostgresFailure e) {
                // Somebody else may have taken the port since.
                if (attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    /** Starts the server again, on the port that it had. */
    public static void start() {
        start(Integer.getInteger(PORT));
    }

    private static void start(int port) {
        server().start(port, folder().resolve("postgres.log"), Map.of("fsync", "off", "max_connections", "500"), LIMIT);
    }

    /** Stops the server; its clients are disconnected. */
    public static void stop() {
        server().stop(LIMIT);
    }

    private static void remove() {
        stop();
        server().delete();
    }

    private static PostgresServer server() {
        return new PostgresServer(PostgresBinaries.unpackInto(Path.of("target/postgres")), folder().resolve("data"));
    }

    private static Path folder() {
        return Path.of(System.getProperty(FOLDER));
    }
}
