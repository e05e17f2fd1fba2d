package dev.weft.gateway.oidc;

import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.Unauthenticated;
import dev.weft.kit.error.Failure.Unavailable;
import java.security.PublicKey;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jspecify.annotations.Nullable;

/**
 * The issuer's public keys, as they were last fetched. While the issuer does not answer they go on being taken. A key that is not among them has them
 * fetched again, at most once per pause: whoever makes tokens up makes no requests to the issuer. Never blocks; thread-safe.
 */
final class IssuerKeys {

    private static final Logger LOG = Logger.getLogger(IssuerKeys.class);

    private final String issuer;
    private final KeySource source;
    private final long pauseNanos;
    private final long intervalNanos;
    private final LongSupplier nanos;

    private volatile List<PublicJsonWebKey> known = List.of();
    private boolean fetching;
    private long begun;
    private @Nullable String trouble = "";

    /**
     * Fetches nothing yet.
     *
     * @param interval after which keys are fetched again
     * @param pause the shortest time between two fetches
     */
    IssuerKeys(String issuer, KeySource source, Duration interval, Duration pause, LongSupplier nanos) {
        this.issuer = issuer;
        this.source = source;
        this.intervalNanos = interval.toNanos();
        this.pauseNanos = pause.toNanos();
        this.nanos = nanos;
        this.begun = nanos.getAsLong() - Math.max(pauseNanos, intervalNanos);
    }

    /** To be called from time to time: fetches the keys when it is time to, or when they could not be fetched last time. */
    synchronized void tick() {
        if (trouble != null || nanos.getAsLong() - begun >= intervalNanos) {
            boolean _ = fetch();
        }
    }

    /**
     * The key that a token names.
     *
     * @param id null when it names none; then the issuer must have but one that fits
     * @throws Failure when there is none
     */
    PublicJsonWebKey require(@Nullable String id, String algorithm) {
        PublicJsonWebKey key = find(id, algorithm);
        return key == null ? missing(id, algorithm) : key;
    }

    private synchronized PublicJsonWebKey missing(@Nullable String id, String algorithm) {
        PublicJsonWebKey arrived = find(id, algorithm);
        if (arrived != null) {
            return arrived;
        }
        if (fetching || fetch()) {
            throw new Unavailable("token: the keys of " + issuer + " are being fetched; try again");
        }
        if (trouble != null) {
            throw new Unavailable("token: the keys of " + issuer + " cannot be fetched: " + trouble);
        }
        throw new Unauthenticated("token: key " + (id == null ? "not named" : "'" + shortened(id) + "'") + " for "
                + algorithm + " (expected: one of " + issuer + "'s)");
    }

    private static String shortened(String id) {
        return id.length() > 80 ? id.substring(0, 80) + "…" : id;
    }

    private @Nullable PublicJsonWebKey find(@Nullable String id, String algorithm) {
        PublicJsonWebKey found = null;
        for (PublicJsonWebKey key : known) {
            if (fits(key, algorithm) && (id == null || id.equals(key.getKeyId()))) {
                if (found != null) {
                    return null;
                }
                found = key;
            }
        }
        return found;
    }

    private static boolean fits(PublicJsonWebKey key, String algorithm) {
        String type = algorithm.startsWith("ES") ? "EC" : "RSA";
        return key.getKeyType().equals(type)
                && (key.getAlgorithm() == null || key.getAlgorithm().equals(algorithm));
    }

    /** Whether the issuer still has that key. */
    boolean has(PublicJsonWebKey key) {
        for (PublicJsonWebKey each : known) {
            if (each == key) {
                return true;
            }
        }
        return false;
    }

    /** False when one is under way or began a moment ago. Under the lock. */
    private boolean fetch() {
        long now = nanos.getAsLong();
        if (fetching || now - begun < pauseNanos) {
            return false;
        }
        begun = now;
        fetching = true;
        CompletableFuture<?> _ = source.fetch().whenComplete(this::fetched);
        return true;
    }

    private synchronized void fetched(@Nullable List<PublicJsonWebKey> keys, @Nullable Throwable thrown) {
        fetching = false;
        if (keys == null) {
            String reason = thrown instanceof TimeoutException
                    ? "no answer in time"
                    : thrown == null ? "no keys" : String.valueOf(thrown.getMessage());
            if (!reason.equals(trouble)) {
                LOG.warnf("the keys of %s cannot be fetched: %s", issuer, reason);
            }
            trouble = reason;
            return;
        }
        if (trouble != null) {
            LOG.infof("tokens of %s are taken, signed by one of %d keys", issuer, keys.size());
        }
        trouble = null;
        List<PublicJsonWebKey> before = known;
        known = keys.stream().map(key -> kept(before, key)).toList();
    }

    /** The same object for the same key, by which {@link #has} finds it. */
    private static PublicJsonWebKey kept(List<PublicJsonWebKey> before, PublicJsonWebKey key) {
        for (PublicJsonWebKey old : before) {
            PublicKey one = old.getPublicKey();
            if (one.equals(key.getPublicKey())
                    && Objects.equals(old.getKeyId(), key.getKeyId())
                    && Objects.equals(old.getAlgorithm(), key.getAlgorithm())) {
                return old;
            }
        }
        return key;
    }
}
