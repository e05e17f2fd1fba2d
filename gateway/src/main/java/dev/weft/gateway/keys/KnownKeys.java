package dev.weft.gateway.keys;

import dev.weft.kit.error.Failure.Unauthenticated;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Valid keys in memory. Finding takes no lock; changes come from one thread at a time. */
final class KnownKeys {

    private record Known(Credential credential, byte[] hash, long expiresAtMillis) {
        static Known of(KeyRepository.Stored stored) {
            ApiKey key = stored.key();
            Instant expiresAt = key.expiresAt();
            return new Known(
                    new Credential(key.caller(), key.limits()),
                    stored.hash(),
                    expiresAt == null ? Long.MAX_VALUE : expiresAt.toEpochMilli());
        }
    }

    private final Map<String, Known> known = new ConcurrentHashMap<>();
    private final Clock clock;

    KnownKeys(Clock clock) {
        this.clock = clock;
    }

    /**
     * What the key stands for; null when it is none of these.
     *
     * @throws Unauthenticated when it has expired
     */
    @Nullable
    Credential find(String id, String text) {
        Known key = known.get(id);
        if (key == null || !MessageDigest.isEqual(key.hash(), KeyText.hash(text))) {
            return null;
        }
        if (key.expiresAtMillis() <= clock.millis()) {
            throw new Unauthenticated("key " + id + ": expired");
        }
        return key.credential();
    }

    int size() {
        return known.size();
    }

    boolean has(String id) {
        return known.containsKey(id);
    }

    void put(KeyRepository.Stored stored) {
        known.put(stored.key().id(), Known.of(stored));
    }

    void remove(String id) {
        known.remove(id);
    }

    /** These are all. Keys that were and stay known are so all the time. */
    void replace(Collection<KeyRepository.Stored> all) {
        Map<String, Known> current = new HashMap<>();
        all.forEach(stored -> current.put(stored.key().id(), Known.of(stored)));
        known.keySet().retainAll(current.keySet());
        known.putAll(current);
    }
}
