package dev.weft.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.postgres.ServiceDatabase;
import dev.weft.testkit.TestPostgres;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

class DatabaseStartTest {

    private static final Duration MOMENT = Duration.ofMillis(600);

    @Test
    void databaseThatAnswersIsNotWaitedFor() {
        ServiceDatabase database = TestPostgres.newDatabase();
        TestPostgres.newSchema(database, "gateway");

        DatabaseStart.await(source(database, database.superuserPassword()), "here", MOMENT);
    }

    @Test
    void databaseThatComesLaterIsWaitedFor() throws Exception {
        ServiceDatabase database = TestPostgres.newDatabase();
        TestPostgres.newSchema(database, "gateway");
        PGSimpleDataSource source = source(database, database.superuserPassword());
        TestPostgres.stop();

        CompletableFuture<Void> start =
                CompletableFuture.runAsync(() -> DatabaseStart.await(source, "here", Duration.ofSeconds(60)));
        assertThatThrownBy(() -> start.get(MOMENT.toMillis(), TimeUnit.MILLISECONDS))
                .isInstanceOf(java.util.concurrent.TimeoutException.class);
        TestPostgres.start();

        start.get(30, TimeUnit.SECONDS);
    }

    @Test
    void databaseThatDoesNotComeIsNamedAfterTheDeadline() {
        ServiceDatabase database = new ServiceDatabase(1, "weft", "hunter2hunter2hunter2");

        assertThatThrownBy(() -> DatabaseStart.await(source(database, "hunter2hunter2hunter2"), "db:5432/weft", MOMENT))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("PostgreSQL at db:5432/weft did not take connections within 0 s")
                .hasMessageContaining("refused")
                .hasMessageNotContaining("hunter2");
    }

    @Test
    void refusalIsNotWaitedFor() {
        ServiceDatabase database = TestPostgres.newDatabase();
        TestPostgres.newSchema(database, "gateway");

        assertThatThrownBy(() ->
                        DatabaseStart.await(source(database, "hunter2hunter2hunter2"), "here", Duration.ofMinutes(10)))
                .hasMessageContaining("PostgreSQL at here refuses", "password authentication failed");
    }

    @Test
    void addressTellsNoPassword() {
        assertThat(DatabaseAddress.of("jdbc:postgresql://db:5432/weft?user=x&password=hunter2"))
                .isEqualTo("db:5432/weft");
        assertThat(DatabaseAddress.of("jdbc:postgresql:weft")).isEqualTo("weft");
    }

    private static PGSimpleDataSource source(ServiceDatabase database, String password) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(database.url());
        source.setUser(ServiceDatabase.role("gateway"));
        source.setPassword(password);
        return source;
    }
}
