package dev.weft.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.kit.error.Failure;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

class DatabaseTransactionsTest {

    private Database database;

    @BeforeEach
    void createTable() {
        database = new Database(TestSource.create(), "here");
        update("CREATE TABLE account (id INT PRIMARY KEY, balance INT NOT NULL)");
        update("INSERT INTO account VALUES (1, 100), (2, 100)");
    }

    @Test
    void whatThrowsLeavesNothingBehind() {
        assertThatThrownBy(() -> database.inTransaction(connection -> {
                    execute(connection, "UPDATE account SET balance = 0");
                    throw new Failure.NotFound("no such account");
                }))
                .isInstanceOf(Failure.NotFound.class);

        assertThat(balance()).isEqualTo(200);
    }

    @Test
    void deadlockIsRepeated() throws Exception {
        AtomicInteger runs = new AtomicInteger();
        CyclicBarrier both = new CyclicBarrier(2);

        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> one = threads.submit(() -> transfer(1, 2, runs, both));
            Future<?> other = threads.submit(() -> transfer(2, 1, runs, both));
            one.get(30, TimeUnit.SECONDS);
            other.get(30, TimeUnit.SECONDS);
        }

        assertThat(runs).hasValueGreaterThan(2);
        assertThat(balance()).isEqualTo(200);
    }

    @Test
    void databaseThatIsAwayIsUnavailable() {
        PGSimpleDataSource nobody = new PGSimpleDataSource();
        nobody.setUrl("jdbc:postgresql://127.0.0.1:1/weft");

        assertThatThrownBy(() -> new Database(nobody, "db:1/weft").inTransaction(_ -> 1))
                .isInstanceOf(Failure.Unavailable.class)
                .hasMessage("the database at db:1/weft does not answer; try again");
    }

    @Test
    void statementThatIsWrongIsOurDefect() {
        assertThatThrownBy(() -> update("SELECT nonsense"))
                .isInstanceOf(Failure.Internal.class)
                .hasMessageContaining("42703");
    }

    private void transfer(int from, int to, AtomicInteger runs, CyclicBarrier both) {
        boolean[] first = {true};
        database.inTransaction(connection -> {
            runs.incrementAndGet();
            execute(connection, "UPDATE account SET balance = balance - 10 WHERE id = " + from);
            if (first[0]) {
                first[0] = false;
                meet(both);
            }
            execute(connection, "UPDATE account SET balance = balance + 10 WHERE id = " + to);
            return true;
        });
    }

    private static void meet(CyclicBarrier both) {
        try {
            both.await(30, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private int balance() {
        return database.inTransaction(connection -> {
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery("SELECT sum(balance) FROM account")) {
                rows.next();
                return rows.getInt(1);
            }
        });
    }

    private void update(String sql) {
        database.inTransaction(connection -> {
            execute(connection, sql);
            return true;
        });
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
