package dev.weft.embedding.file.postgres;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.database.Database;
import dev.weft.embedding.file.FileStore;
import dev.weft.embedding.file.FileStoreContract;
import dev.weft.kit.error.Failure;
import dev.weft.postgres.ServiceDatabase;
import dev.weft.testkit.TestPostgres;
import java.util.UUID;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

class PostgresFileStoreTest extends FileStoreContract {

    private final PGSimpleDataSource source = new PGSimpleDataSource();
    private boolean stopped;

    @BeforeEach
    void createTables() {
        ServiceDatabase database = TestPostgres.newDatabase();
        TestPostgres.newSchema(database, "embedding");
        source.setUrl(database.url());
        source.setUser(ServiceDatabase.role("embedding"));
        source.setPassword(database.superuserPassword());
        source.setCurrentSchema("embedding");
        Flyway.configure()
                .dataSource(source)
                .defaultSchema("embedding")
                .locations("classpath:db/migration/embedding")
                .load()
                .migrate();
    }

    @AfterEach
    void startAgain() {
        if (stopped) {
            TestPostgres.start();
        }
    }

    @Override
    protected FileStore store() {
        return new PostgresFileStore(new Database(source, "here"));
    }

    @Test
    void databaseThatIsAwayIsUnavailable() {
        FileStore store = store();
        TestPostgres.stop();
        stopped = true;

        assertThatThrownBy(() -> store.open(UUID.randomUUID(), 0)).isInstanceOf(Failure.Unavailable.class);
    }
}
