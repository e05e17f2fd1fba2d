package dev.weft.database;

import io.agroal.api.AgroalDataSource;
import io.quarkus.arc.All;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.Startup;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/**
 * Passes PostgreSQL's notifications on to {@link ChangeListener}s, by one connection that it keeps. A connection that breaks is made again; as
 * notifications are lost meanwhile, everybody is then told to look for himself. One that has died without a word is found by asking it something
 * whenever it is silent for {@link #SILENCE}, so a change is known after that time at the latest.
 */
@Startup
@Singleton
public class ChangeNotifications {

    private static final Logger LOG = Logger.getLogger(ChangeNotifications.class);

    private static final Duration SILENCE = Duration.ofSeconds(2);
    private static final int ANSWER_LIMIT_SECONDS = 2;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

    private final DataSource source;
    private final List<ChangeListener> listeners;
    private final @Nullable Thread thread;
    private volatile boolean closed;

    @Inject
    ChangeNotifications(AgroalDataSource source, @All List<ChangeListener> listeners) {
        this((DataSource) source, listeners);
    }

    ChangeNotifications(DataSource source, List<ChangeListener> listeners) {
        this.source = source;
        this.listeners = List.copyOf(listeners);
        this.thread = listeners.isEmpty()
                ? null
                : Thread.ofVirtual().name("change-notifications").start(this::run);
    }

    void stop(@Observes ShutdownEvent event) {
        close();
    }

    void close() {
        closed = true;
        if (thread != null) {
            thread.interrupt();
        }
    }

    private void run() {
        Duration pause = FIRST_PAUSE;
        boolean told = false;
        while (!closed) {
            try (Connection connection = source.getConnection()) {
                listen(connection);
                if (told) {
                    LOG.info("the database is back: changes are heard again");
                }
                told = false;
                pause = FIRST_PAUSE;
                listeners.forEach(listener -> call(listener, ChangeListener::resynchronise));
                passOn(connection);
            } catch (SQLException e) {
                if (!told && !closed) {
                    LOG.warnf("no changes are heard until the database is back: %s", e.getMessage());
                    told = true;
                }
                LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(pause.toNanos() / 2, pause.toNanos()));
                pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
            }
        }
    }

    private void listen(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (ChangeListener listener : listeners) {
                statement.execute("LISTEN " + listener.channel());
            }
        }
    }

    private void passOn(Connection connection) throws SQLException {
        PGConnection notifying = connection.unwrap(PGConnection.class);
        while (!closed) {
            PGNotification @Nullable [] heard = notifying.getNotifications((int) SILENCE.toMillis());
            if (heard == null || heard.length == 0) {
                if (!connection.isValid(ANSWER_LIMIT_SECONDS)) {
                    throw new SQLException("the connection has died");
                }
                continue;
            }
            for (PGNotification notification : heard) {
                for (ChangeListener listener : listeners) {
                    if (listener.channel().equals(notification.getName())) {
                        call(listener, hearing -> hearing.changed(notification.getParameter()));
                    }
                }
            }
        }
    }

    private static void call(ChangeListener listener, Consumer<ChangeListener> what) {
        try {
            what.accept(listener);
        } catch (RuntimeException e) {
            // The next notification, or the next connection, is another chance; the others must hear theirs now.
            LOG.warnf(e, "a change on %s was not taken over", listener.channel());
        }
    }
}
