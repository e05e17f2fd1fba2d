package dev.weft.gateway.oidc;

import dev.weft.gateway.keys.Credential;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jspecify.annotations.Nullable;

/**
 * Tokens that were found valid, by their hashes, so that each one's signature is computed once. Bounded; when it is full, those that have expired
 * go, and otherwise any: they only have to be computed again. Thread-safe.
 */
final class VerifiedTokens {

    /**
     * A valid token.
     *
     * @param key that has signed it
     * @param until when it expires, ms since the epoch
     */
    record Verified(Credential credential, PublicJsonWebKey key, long until) {}

    private final Map<String, Verified> tokens = new ConcurrentHashMap<>();
    private final int most;

    VerifiedTokens(int most) {
        this.most = most;
    }

    @Nullable
    Verified get(String hash) {
        return tokens.get(hash);
    }

    void remove(String hash) {
        tokens.remove(hash);
    }

    void put(String hash, Verified verified, long now) {
        if (tokens.size() >= most) {
            makeRoom(now);
        }
        tokens.put(hash, verified);
    }

    private synchronized void makeRoom(long now) {
        if (tokens.size() < most) {
            return;
        }
        tokens.values().removeIf(verified -> verified.until() <= now);
        // A tenth at a time, so that a full cache is not searched for each new token.
        int excess = tokens.size() - (most - 1 - most / 10);
        for (Iterator<String> each = tokens.keySet().iterator(); excess > 0 && each.hasNext(); excess--) {
            each.next();
            each.remove();
        }
    }

    int size() {
        return tokens.size();
    }
}
