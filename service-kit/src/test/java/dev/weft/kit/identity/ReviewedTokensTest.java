package dev.weft.kit.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.Unauthenticated;
import dev.weft.kit.error.Failure.Unavailable;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ReviewedTokensTest {

    private static final String GATEWAY = "system:serviceaccount:weft:gateway";

    /** Answers as it is told; what it was not told waits. */
    private static final class ScriptedReviewer implements TokenReviewer {
        private final Queue<Review> answers = new ArrayDeque<>();
        private final Queue<CompletableFuture<Review>> waiting = new ArrayDeque<>();
        private int reviews;

        @Override
        public CompletableFuture<Review> review(String token) {
            reviews++;
            Review answer = answers.poll();
            if (answer != null) {
                return CompletableFuture.completedFuture(answer);
            }
            CompletableFuture<Review> later = new CompletableFuture<>();
            waiting.add(later);
            return later;
        }
    }

    private final ScriptedReviewer reviewer = new ScriptedReviewer();
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private final ReviewedTokens tokens =
            new ReviewedTokens(reviewer, Set.of(GATEWAY), Duration.ofMinutes(1), Duration.ofMinutes(10), () -> now);

    private void pass(Duration time) {
        now = now.plus(time);
    }

    private String token(String name, Duration life) {
        String claims = "{\"sub\": \"" + name + "\", \"exp\": " + now.plus(life).getEpochSecond() + "}";
        Base64.Encoder encoder = Base64.getUrlEncoder().withoutPadding();
        return "header." + encoder.encodeToString(claims.getBytes(StandardCharsets.UTF_8)) + ".signature";
    }

    /** The verdict after whatever has to be asked was asked. */
    private Verdict verdict(String token) throws Exception {
        Verdict verdict = tokens.verify(token);
        return verdict instanceof Verdict.Pending(CompletableFuture<Verdict> later)
                ? later.get(10, TimeUnit.SECONDS)
                : verdict;
    }

    private static Failure failure(Verdict verdict) {
        assertThat(verdict).isInstanceOf(Verdict.Refused.class);
        return ((Verdict.Refused) verdict).failure();
    }

    @Test
    void tokenOfAnAllowedAccountIsReviewedOnceAMinute() throws Exception {
        String token = token("gateway", Duration.ofHours(1));
        reviewer.answers.add(new TokenReviewer.Valid(GATEWAY));

        assertThat(verdict(token)).isEqualTo(Verdict.ACCEPTED);
        pass(Duration.ofSeconds(29));
        assertThat(tokens.verify(token)).isEqualTo(Verdict.ACCEPTED);

        assertThat(reviewer.reviews).isEqualTo(1);
    }

    @Test
    void noCallWaitsForTheReviewOfATokenInUse() throws Exception {
        String token = token("gateway", Duration.ofHours(1));
        reviewer.answers.add(new TokenReviewer.Valid(GATEWAY));
        verdict(token);

        for (int i = 0; i < 100; i++) {
            pass(Duration.ofSeconds(20));
            assertThat(tokens.verify(token)).isEqualTo(Verdict.ACCEPTED);
            while (!reviewer.waiting.isEmpty()) {
                reviewer.waiting.remove().complete(new TokenReviewer.Valid(GATEWAY));
            }
        }

        assertThat(reviewer.reviews).isBetween(40, 60);
    }

    @Test
    void accountThatIsNotAllowedIsTold() throws Exception {
        reviewer.answers.add(new TokenReviewer.Valid("system:serviceaccount:other:job"));

        assertThat(failure(verdict(token("job", Duration.ofHours(1)))))
                .isInstanceOf(Unauthenticated.class)
                .hasMessageContainingAll("system:serviceaccount:other:job", "service-accounts");
    }

    @Test
    void refusalIsRememberedForSomeSeconds() throws Exception {
        String token = token("stranger", Duration.ofHours(1));
        reviewer.answers.add(new TokenReviewer.Invalid("unknown"));
        reviewer.answers.add(new TokenReviewer.Valid(GATEWAY));

        assertThat(failure(verdict(token))).isInstanceOf(Unauthenticated.class).hasMessageContaining("unknown");
        assertThat(failure(tokens.verify(token))).isInstanceOf(Unauthenticated.class);
        assertThat(reviewer.reviews).isEqualTo(1);

        pass(Duration.ofSeconds(11));
        assertThat(verdict(token)).isEqualTo(Verdict.ACCEPTED);
    }

    @Test
    void accountThatIsDeletedIsRefusedWithinAMinute() throws Exception {
        String token = token("gateway", Duration.ofHours(1));
        reviewer.answers.add(new TokenReviewer.Valid(GATEWAY));
        verdict(token);

        pass(Duration.ofSeconds(61));
        reviewer.answers.add(new TokenReviewer.Invalid("deleted"));

        assertThat(failure(verdict(token))).isInstanceOf(Unauthenticated.class);
    }

    @Test
    void acceptedTokenOutlivesTheReviewersAbsenceForAWhile() throws Exception {
        String token = token("gateway", Duration.ofHours(1));
        reviewer.answers.add(new TokenReviewer.Valid(GATEWAY));
        verdict(token);

        pass(Duration.ofMinutes(5));
        reviewer.answers.add(new TokenReviewer.NoAnswer("away"));
        assertThat(verdict(token)).isEqualTo(Verdict.ACCEPTED);
        pass(Duration.ofSeconds(4));
        assertThat(tokens.verify(token)).as("not asked again at once").isEqualTo(Verdict.ACCEPTED);
        assertThat(reviewer.reviews).isEqualTo(2);

        pass(Duration.ofMinutes(5));
        reviewer.answers.add(new TokenReviewer.NoAnswer("away"));
        assertThat(failure(verdict(token))).isInstanceOf(Unavailable.class).hasMessageContaining("away");
    }

    @Test
    void tokenThatNobodyKnowsIsUnavailableInTheReviewersAbsence() throws Exception {
        reviewer.answers.add(new TokenReviewer.NoAnswer("away"));

        assertThat(failure(verdict(token("gateway", Duration.ofHours(1))))).isInstanceOf(Unavailable.class);
    }

    @Test
    void noReviewHoldsLongerThanTheToken() throws Exception {
        String token = token("gateway", Duration.ofSeconds(20));
        reviewer.answers.add(new TokenReviewer.Valid(GATEWAY));
        verdict(token);

        pass(Duration.ofSeconds(21));

        assertThat(failure(tokens.verify(token)))
                .isInstanceOf(Unauthenticated.class)
                .hasMessageContaining("expired");
        assertThat(reviewer.reviews).isEqualTo(1);
    }

    @Test
    void callsThatWaitForTheSameTokenShareItsReview() throws Exception {
        String token = token("gateway", Duration.ofHours(1));
        Verdict first = tokens.verify(token);
        Verdict second = tokens.verify(token);

        reviewer.waiting.remove().complete(new TokenReviewer.Valid(GATEWAY));

        assertThat(reviewer.reviews).isEqualTo(1);
        assertThat(((Verdict.Pending) first).later().get(10, TimeUnit.SECONDS)).isEqualTo(Verdict.ACCEPTED);
        assertThat(((Verdict.Pending) second).later().get(10, TimeUnit.SECONDS)).isEqualTo(Verdict.ACCEPTED);
    }

    @Test
    void strangersCannotKeepTheReviewerBusyOrDisplaceTheMesh() throws Exception {
        String token = token("gateway", Duration.ofHours(1));
        reviewer.answers.add(new TokenReviewer.Valid(GATEWAY));
        verdict(token);
        for (int i = 0; i < 32; i++) {
            assertThat(tokens.verify(token("stranger-" + i, Duration.ofHours(1))))
                    .isInstanceOf(Verdict.Pending.class);
        }

        assertThat(failure(tokens.verify(token("one more", Duration.ofHours(1)))))
                .isInstanceOf(Unavailable.class);
        assertThat(tokens.verify(token)).isEqualTo(Verdict.ACCEPTED);

        while (!reviewer.waiting.isEmpty()) {
            reviewer.waiting.remove().complete(new TokenReviewer.Invalid("unknown"));
        }
        for (int i = 0; i < 2_000; i++) {
            reviewer.answers.add(new TokenReviewer.Invalid("unknown"));
            verdict(token("another-" + i, Duration.ofHours(1)));
        }
        assertThat(tokens.verify(token)).isEqualTo(Verdict.ACCEPTED);
    }

    @Test
    void reviewerThatFailsIsOneThatDoesNotAnswer() throws Exception {
        Verdict verdict = tokens.verify(token("gateway", Duration.ofHours(1)));
        reviewer.waiting.remove().completeExceptionally(new IllegalStateException("defect"));

        assertThat(failure(((Verdict.Pending) verdict).later().get(10, TimeUnit.SECONDS)))
                .isInstanceOf(Unavailable.class);
    }

    @Test
    void tokenWithoutATimeOfItsOwnIsReviewedLikeAnyOther() throws Exception {
        reviewer.answers.add(new TokenReviewer.Valid(GATEWAY));

        assertThat(verdict("opaque")).isEqualTo(Verdict.ACCEPTED);
        assertThat(failure(tokens.verify("x".repeat(20_000)))).isInstanceOf(Unauthenticated.class);
    }
}
