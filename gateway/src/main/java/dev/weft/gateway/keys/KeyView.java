package dev.weft.gateway.keys;

import dev.weft.database.ChangeListener;
import dev.weft.database.Database;
import io.quarkus.runtime.Startup;
import jakarta.annotation.PostConstruct;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.List;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * All valid keys, in memory. Requests read it without a lock; refreshing goes one at a time and reads the database inside the lock, so that an
 * older state never overwrites a newer one. While the database is away the view stays as it is, and keys still expire. Thread-safe.
 */
@Startup
@Singleton
public class KeyView implements ChangeListener {

    static final String CHANNEL = "gateway_api_key";

    private static final Logger LOG = Logger.getLogger(KeyView.class);

    private final Database database;
    private final int limit;
    private final Clock clock = Clock.systemUTC();
    private final KnownKeys known = new KnownKeys(clock);

    KeyView(Database database, KeysConfig config) {
        this.database = database;
        this.limit = config.maxKeys();
    }

    /** The first look, before there are requests. */
    @PostConstruct
    void load() {
        resynchronise();
    }

    /** What the key stands for; null when it is none of the view's. */
    @Nullable
    Credential find(String id, String text) {
        return known.find(id, text);
    }

    /** How many keys there are. */
    int size() {
        return known.size();
    }

    @Override
    public String channel() {
        return CHANNEL;
    }

    @Override
    public synchronized void changed(String id) {
        KeyRepository.Stored stored = database.inTransaction(connection -> KeyRepository.find(connection, id));
        if (stored == null || stored.key().revokedAt() != null) {
            known.remove(id);
        } else if (known.size() < limit || known.has(id)) {
            known.put(stored);
        } else {
            resynchronise(); // expired keys make room
        }
    }

    @Override
    public synchronized void resynchronise() {
        List<KeyRepository.Stored> valid =
                database.inTransaction(connection -> KeyRepository.valid(connection, clock.instant(), limit + 1));
        if (valid.size() > limit) {
            LOG.warnf("more than %d keys are valid: the youngest are refused (see weft.gateway.keys.max-keys)", limit);
        }
        known.replace(valid.subList(0, Math.min(limit, valid.size())));
    }
}
