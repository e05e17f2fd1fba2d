package dev.weft.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real server, through what happens to one on a developer's machine. */
class PostgresServerTest {

    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String ADMIN = "0123456789abcdef";
    private static final String SERVICE = "fedcba9876543210";
    private static final PostgresBinaries BINARIES = PostgresBinaries.unpackInto(Path.of("target/postgres"));

    @TempDir
    private Path folder;

    private Path data;
    private Path log;
    private PostgresServer server;
    private int port;

    @BeforeEach
    void initialise() throws IOException {
        data = folder.resolve("data");
        log = folder.resolve("postgres.log");
        server = new PostgresServer(BINARIES, data);
        server.initialise(ADMIN);
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
    }

    @AfterEach
    void stop() {
        server.stop(LIMIT);
    }

    @Test
    void whatWasCommittedIsThereAfterAStop() throws SQLException {
        start();
        assertThat(server.isRunning()).isTrue();
        ServiceDatabase database = database();
        try (Connection connection = connect(database, "gateway", SERVICE)) {
            connection.createStatement().execute("CREATE TABLE note (text TEXT)");
            connection.createStatement().execute("INSERT INTO note VALUES ('rent')");
        }

        server.stop(LIMIT);
        assertThat(server.isRunning()).isFalse();
        start();

        try (Connection connection = connect(database, "gateway", SERVICE)) {
            ResultSet rows = connection.createStatement().executeQuery("SELECT text FROM gateway.note");
            assertThat(rows.next()).isTrue();
            assertThat(rows.getString(1)).isEqualTo("rent");
        }
    }

    @Test
    void killedServerStartsAgain() throws SQLException {
        long pid = start();

        ProcessHandle.of(pid).orElseThrow().destroyForcibly();
        await().untilAsserted(() -> assertThat(server.isRunning()).isFalse());

        assertThat(start()).isNotEqualTo(pid);
        try (Connection connection = connect(database(), "gateway", SERVICE)) {
            assertThat(connection.isValid(5)).isTrue();
        }
    }

    @Test
    void processIdThatAnotherProgramHasGotIsNoObstacle() throws IOException {
        long own = ProcessHandle.current().pid();
        Files.writeString(data.resolve("postmaster.pid"), own + "\n" + data + "\n1\n1\n\n\n");

        assertThat(start()).isNotEqualTo(own);
    }

    @Test
    void secondServerOnTheSameFolderIsRefused() {
        long pid = start();

        assertThatThrownBy(this::start)
                .isInstanceOf(PostgresFailure.class)
                .hasMessageContaining("process " + pid)
                .hasMessageContaining("runs already on " + data);
    }

    @Test
    void folderOfAnotherVersionIsNamed() throws IOException {
        Files.writeString(data.resolve("PG_VERSION"), "13\n");

        assertThatThrownBy(this::start)
                .isInstanceOf(PostgresFailure.class)
                .hasMessageContaining(data + " was written by PostgreSQL 13, and this is PostgreSQL 18");
    }

    @Test
    void portThatIsTakenIsToldByTheLog() throws IOException {
        try (ServerSocket _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(this::start)
                    .isInstanceOf(PostgresFailure.class)
                    .hasMessageContaining("Address already in use");
        }
    }

    @Test
    void roleReachesItsOwnSchemaAndNoOther() throws SQLException {
        start();
        ServiceDatabase database = database();
        database.createSchema("training", SERVICE);

        try (Connection connection = connect(database, "training", SERVICE)) {
            assertThatThrownBy(() -> connection.createStatement().execute("CREATE TABLE gateway.x (y INT)"))
                    .hasMessageContaining("permission denied for schema gateway");
            assertThatThrownBy(() -> connection.createStatement().execute("CREATE TABLE public.x (y INT)"))
                    .hasMessageContaining("permission denied for schema public");
            assertThatThrownBy(() -> connection.createStatement().execute("CREATE SCHEMA other"))
                    .hasMessageContaining("permission denied for database weft");
            assertThatThrownBy(() -> connection.createStatement().execute("CREATE ROLE other"))
                    .hasMessageContaining("permission denied");
        }
    }

    @Test
    void passwordIsAskedFor() {
        start();
        ServiceDatabase database = database();

        assertThatThrownBy(() -> connect(database, "gateway", "0000000000000000"))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("password authentication failed");
    }

    @Test
    void passwordIsInNoText() {
        assertThat(new ServiceDatabase(1, "weft", ADMIN).toString()).doesNotContain(ADMIN);
        assertThatThrownBy(() -> new ServiceDatabase(1, "weft", ADMIN).createSchema("gateway", "it's a secret"))
                .hasMessageNotContaining("secret");
    }

    private long start() {
        return server.start(port, log, Map.of("fsync", "off"), LIMIT);
    }

    private ServiceDatabase database() {
        ServiceDatabase database = new ServiceDatabase(port, "weft", ADMIN);
        database.create();
        database.createSchema("gateway", SERVICE);
        return database;
    }

    private static Connection connect(ServiceDatabase database, String schema, String password) throws SQLException {
        return DriverManager.getConnection(database.url(), ServiceDatabase.role(schema), password);
    }
}
