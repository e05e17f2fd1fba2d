package dev.weft.kit.identity;

import dev.weft.kit.error.Failure.Unauthenticated;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.identity.TokenReviewer.Invalid;
import dev.weft.kit.identity.TokenReviewer.NoAnswer;
import dev.weft.kit.identity.TokenReviewer.Review;
import dev.weft.kit.identity.TokenReviewer.Valid;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Remembers, by their hashes, which tokens the reviewer has found valid, so that hardly a call waits for a review: a token in use is reviewed
 * again in the background before its review grows old. While the reviewer is away, what he said last holds for a limited time. Thread-safe: a
 * lock that is held for a look at a map.
 */
final class ReviewedTokens {

    private static final Logger LOG = Logger.getLogger(ReviewedTokens.class);

    /** A mesh has a token for each of its processes; what comes beyond that are strangers. */
    private static final int REMEMBERED = 1_024;

    /** Whoever knows no valid token must not be able to keep the reviewer busy. */
    private static final int REVIEWED_AT_ONCE = 32;

    private static final int LONGEST_TOKEN = 16 << 10;
    private static final Duration REFUSAL_TTL = Duration.ofSeconds(10);
    private static final Duration PAUSE_AFTER_SILENCE = Duration.ofSeconds(5);

    private static final Verdict TOO_LONG = new Verdict.Refused(
            new Unauthenticated("authorization: a token that is too long (expected: a service account's)"));
    private static final Verdict EXPIRED = new Verdict.Refused(
            new Unauthenticated("authorization: a token that has expired (expected: one that has not)"));
    private static final Verdict BUSY =
            new Verdict.Refused(new Unavailable("too many tokens have to be reviewed; try again"));

    /** SHA-256 of a token. */
    private record Hash(long a, long b, long c, long d) {
        static Hash of(String token) {
            try {
                ByteBuffer bytes = ByteBuffer.wrap(
                        MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8)));
                return new Hash(bytes.getLong(), bytes.getLong(), bytes.getLong(), bytes.getLong());
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** What is known of a token; times in ms since the epoch. */
    private record Known(Verdict verdict, long refreshAt, long freshUntil, long usableUntil) {

        /** The same, reviewed again after a pause; meanwhile it holds although it may have grown old. */
        Known after(Duration pause, long now) {
            long held = Math.min(usableUntil, now + 3 * pause.toMillis());
            return new Known(verdict, now + pause.toMillis(), Math.max(freshUntil, held), usableUntil);
        }
    }

    /** The most recently used tokens. */
    private static final class Recent extends LinkedHashMap<Hash, Known> {
        private Recent() {
            super(16, 0.75f, true);
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<Hash, Known> eldest) {
            return size() > REMEMBERED;
        }
    }

    private final TokenReviewer reviewer;
    private final Set<String> users;
    private final Duration ttl;
    private final Duration staleLimit;
    private final InstantSource clock;

    // Strangers' tokens must not displace the mesh's own.
    private final Recent accepted = new Recent();
    private final Recent refused = new Recent();
    private final Map<Hash, CompletableFuture<Verdict>> underReview = new HashMap<>();
    private String complaint = "";

    /**
     * @param users whose tokens are accepted
     * @param ttl how long a review holds
     * @param staleLimit how long it holds while the reviewer is silent
     */
    ReviewedTokens(TokenReviewer reviewer, Set<String> users, Duration ttl, Duration staleLimit, InstantSource clock) {
        this.reviewer = reviewer;
        this.users = Set.copyOf(users);
        this.ttl = ttl;
        this.staleLimit = staleLimit;
        this.clock = clock;
    }

    /** Judges a token. */
    Verdict verify(String token) {
        if (token.length() > LONGEST_TOKEN) {
            return TOO_LONG;
        }
        Hash hash = Hash.of(token);
        long now = clock.millis();
        Known known = known(hash);
        if (known != null && now < known.freshUntil()) {
            if (now >= known.refreshAt()) {
                Verdict _ = review(hash, token);
            }
            return known.verdict();
        }
        if (JwtExpiry.millis(token) <= now) {
            return EXPIRED;
        }
        return review(hash, token);
    }

    private synchronized @Nullable Known known(Hash hash) {
        Known known = accepted.get(hash);
        return known != null ? known : refused.get(hash);
    }

    private Verdict review(Hash hash, String token) {
        CompletableFuture<Verdict> answer = new CompletableFuture<>();
        synchronized (this) {
            CompletableFuture<Verdict> running = underReview.get(hash);
            if (running != null) {
                return new Verdict.Pending(running);
            }
            if (underReview.size() >= REVIEWED_AT_ONCE) {
                return BUSY;
            }
            underReview.put(hash, answer);
        }
        CompletableFuture<Review> _ = reviewer.review(token).whenComplete((review, thrown) -> {
            Review said = thrown == null ? review : new NoAnswer(String.valueOf(thrown));
            answer.complete(settle(hash, token, said));
        });
        return new Verdict.Pending(answer);
    }

    private synchronized Verdict settle(Hash hash, String token, Review review) {
        underReview.remove(hash);
        long now = clock.millis();
        switch (review) {
            case Valid(String user) -> {
                complaint = "";
                if (users.contains(user)) {
                    refused.remove(hash);
                    accepted.put(hash, valid(token, now));
                    return Verdict.ACCEPTED;
                }
                return refuse(
                        hash,
                        now,
                        "authorization: a token of " + user
                                + " (expected: one of weft.identity.kubernetes.service-accounts)");
            }
            case Invalid(String why) -> {
                complaint = "";
                return refuse(hash, now, "authorization: a token that Kubernetes does not take for valid: " + why);
            }
            case NoAnswer(String why) -> {
                return withoutAnswer(hash, now, why);
            }
        }
    }

    private Known valid(String token, long now) {
        long expiry = JwtExpiry.millis(token);
        return new Known(
                Verdict.ACCEPTED,
                Math.min(expiry, now + ttl.toMillis() / 2),
                Math.min(expiry, now + ttl.toMillis()),
                Math.min(expiry, now + Math.max(ttl.toMillis(), staleLimit.toMillis())));
    }

    private Verdict refuse(Hash hash, long now, String why) {
        long until = now + REFUSAL_TTL.toMillis();
        Known known = new Known(new Verdict.Refused(new Unauthenticated(why)), until, until, until);
        accepted.remove(hash);
        refused.put(hash, known);
        return known.verdict();
    }

    private Verdict withoutAnswer(Hash hash, long now, String why) {
        if (!why.equals(complaint)) {
            complaint = why;
            LOG.errorf("tokens of services cannot be reviewed: %s", why);
        }
        Known known = accepted.get(hash);
        if (known != null && now < known.usableUntil()) {
            accepted.put(hash, known.after(PAUSE_AFTER_SILENCE, now));
            return known.verdict();
        }
        return new Verdict.Refused(new Unavailable("the token cannot be reviewed now: " + why));
    }
}
