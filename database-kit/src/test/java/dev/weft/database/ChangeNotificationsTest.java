package dev.weft.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.testkit.TestPostgres;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

class ChangeNotificationsTest {

    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final Recorder models = new Recorder("service_model");
    private final Recorder keys = new Recorder("service_key");
    private Database database;
    private ChangeNotifications notifications;

    @BeforeEach
    void listen() {
        PGSimpleDataSource source = TestSource.create();
        database = new Database(source, "here");
        notifications = new ChangeNotifications(source, List.of(models, keys));
        awaitResynchronisations(1);
    }

    @AfterEach
    void close() {
        notifications.close();
    }

    @Test
    void committedChangeIsHeardByItsChannelOnly() {
        announce("service_model", "minilm");

        await().atMost(LIMIT).untilAsserted(() -> assertThat(models.heard).containsExactly("minilm"));
        assertThat(keys.heard).isEmpty();
    }

    @Test
    void listenerThatFailsHearsTheNext() {
        announce("service_key", "fail");
        announce("service_key", "k1");

        await().atMost(LIMIT).untilAsserted(() -> assertThat(keys.heard).containsExactly("fail", "k1"));
    }

    @Test
    void everybodyLooksAgainAfterTheDatabaseWasAway() {
        TestPostgres.stop();
        TestPostgres.start();

        awaitResynchronisations(2);
        announce("service_model", "minilm");
        await().atMost(LIMIT).untilAsserted(() -> assertThat(models.heard).containsExactly("minilm"));
    }

    private void awaitResynchronisations(int times) {
        await().atMost(LIMIT).untilAsserted(() -> {
            assertThat(models.resynchronised).hasValueGreaterThanOrEqualTo(times);
            assertThat(keys.resynchronised).hasValueGreaterThanOrEqualTo(times);
        });
    }

    private void announce(String channel, String payload) {
        database.inTransaction(connection -> {
            Database.announce(connection, channel, payload);
            return true;
        });
    }

    private static final class Recorder implements ChangeListener {

        private final String channel;
        private final List<String> heard = new CopyOnWriteArrayList<>();
        private final AtomicInteger resynchronised = new AtomicInteger();

        private Recorder(String channel) {
            this.channel = channel;
        }

        @Override
        public String channel() {
            return channel;
        }

        @Override
        public void changed(String payload) {
            heard.add(payload);
            if (payload.equals("fail")) {
                throw new IllegalStateException("cannot take it");
            }
        }

        @Override
        public void resynchronise() {
            resynchronised.incrementAndGet();
        }
    }
}
