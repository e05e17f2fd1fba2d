package dev.weft.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.store.Manifest;
import dev.weft.store.ModelStore;
import dev.weft.store.ModelStoreContract;
import dev.weft.store.ModelUri;
import dev.weft.store.Published;
import dev.weft.store.Sha256;
import dev.weft.testkit.TestPostgres;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

class PostgresModelStoreTest extends ModelStoreContract {

    private final PGSimpleDataSource source = new PGSimpleDataSource();

    @BeforeEach
    void createTables() throws IOException, SQLException {
        Map<String, String> settings = TestPostgres.newSchema(TestPostgres.newDatabase(), "training");
        source.setUrl(settings.get("quarkus.datasource.jdbc.url"));
        source.setUser(settings.get("quarkus.datasource.username"));
        source.setPassword(settings.get("quarkus.datasource.password"));
        migrate();
    }

    private void migrate() throws IOException, SQLException {
        try (InputStream migration = getClass().getResourceAsStream("/db/migration/model-store/R__model_store.sql")) {
            execute(new String(migration.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    private void execute(String sql, Object... values) {
        try (Connection connection = source.getConnection()) {
            if (values.length == 0) {
                try (Statement statement = connection.createStatement()) {
                    statement.execute(sql);
                }
                return;
            }
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                for (int i = 0; i < values.length; i++) {
                    statement.setObject(i + 1, values[i]);
                }
                statement.execute();
            }
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    protected ModelStore store(long maxPackageBytes) {
        return new PostgresModelStore(source, maxPackageBytes);
    }

    @Override
    protected String pathOf(String name) {
        return name;
    }

    @Override
    protected void overwrite(Published published, Manifest.Entry file, byte[] content) {
        execute("DELETE FROM model_store_chunk WHERE sha256 = ?", file.sha256());
        execute("INSERT INTO model_store_chunk (sha256, first_byte, bytes) VALUES (?, 0, ?)", file.sha256(), content);
    }

    @Override
    protected ModelUri plant(String name, String manifest) {
        String digest = Sha256.of(manifest.getBytes(StandardCharsets.UTF_8));
        execute(
                "INSERT INTO model_store_package (name, version, manifest, size_bytes) VALUES (?, ?, ?, 5)",
                name,
                digest,
                manifest);
        String content = Sha256.of("hello".getBytes(StandardCharsets.UTF_8));
        execute(
                "INSERT INTO model_store_chunk (sha256, first_byte, bytes) VALUES (?, 0, ?)",
                content,
                "hello".getBytes(StandardCharsets.UTF_8));
        return new ModelUri("pg", name, Optional.of(digest));
    }

    @Override
    protected void swapManifest(Published honest, ModelUri planted) {
        execute("""
                UPDATE model_store_package SET manifest = (SELECT manifest FROM model_store_package WHERE name = ?)
                WHERE name = ?
                """, planted.path(), honest.uri().path());
    }

    @Override
    protected boolean isEmpty() {
        return count("model_store_package") == 0 && count("model_store_chunk") == 0;
    }

    private long count(String table) {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT count(*) FROM " + table)) {
            rows.next();
            return rows.getLong(1);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void contentIsKeptOnce() {
        store(PLENTY).put("one", writePackage(1), soon());
        long chunks = count("model_store_chunk");

        store(PLENTY).put("two", writePackage(1), soon());

        assertThat(count("model_store_package")).isEqualTo(2);
        assertThat(count("model_store_chunk")).isEqualTo(chunks);
    }

    @Test
    void migrationLeavesWhatIsThere() throws IOException, SQLException {
        Published published = store(PLENTY).put("one", writePackage(1), soon());

        migrate();

        assertThat(store(PLENTY).manifest(published.uri(), soon())).isEqualTo(published.manifest());
    }

    @Test
    void versionMustBeNamed() {
        assertThatExceptionOfType(InvalidArgument.class)
                .isThrownBy(() -> store(PLENTY).manifest(ModelUri.parse("pg:banking-intents"), soon()));
    }

    @Test
    void databaseThatIsAwayIsUnavailable() {
        PGSimpleDataSource nowhere = new PGSimpleDataSource();
        nowhere.setUrl("jdbc:postgresql://127.0.0.1:1/weft");
        ModelStore store = new PostgresModelStore(nowhere, PLENTY);
        ModelUri uri = ModelUri.parse("pg:banking-intents@" + "0".repeat(64));

        assertThatExceptionOfType(Unavailable.class).isThrownBy(() -> store.manifest(uri, soon()));
    }
}
