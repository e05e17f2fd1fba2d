package dev.weft.gateway.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.weft.gateway.keys.KeyLimits;
import dev.weft.kit.error.Failure.ResourceExhausted;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class KeyLimiterTest {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private static KeyLimiter limiter(
            @Nullable Double perSecond,
            @Nullable Integer burst,
            @Nullable Long tokens,
            @Nullable Integer concurrent,
            int gateways) {
        return new KeyLimiter(new KeyLimits(perSecond, burst, tokens, concurrent, null, null), gateways, 0);
    }

    private static int admitted(KeyLimiter limiter, long now) {
        int admitted = 0;
        while (catchThrowableOfType(ResourceExhausted.class, () -> limiter.admit(now)) == null) {
            admitted++;
        }
        return admitted;
    }

    @Test
    void burstIsWhatComesInASecondUnlessItIsSaid() {
        assertThat(admitted(limiter(20.0, null, null, null, 1), 0)).isEqualTo(20);
        assertThat(admitted(limiter(20.0, 5, null, null, 1), 0)).isEqualTo(5);
        assertThat(admitted(limiter(0.5, null, null, null, 1), 0)).isEqualTo(1);
    }

    @Test
    void everyGatewayAllowsItsShare() {
        KeyLimiter share = limiter(20.0, 10, null, 8, 4);

        assertThat(admitted(share, 0)).isEqualTo(2);
        assertThat(admitted(share, SECOND / 5)).isEqualTo(1);
        share.enter();
        share.enter();
        assertThat(catchThrowableOfType(ResourceExhausted.class, share::enter)).hasMessageContaining("2 requests");
    }

    @Test
    void refusalSaysWhenToComeAgain() {
        KeyLimiter limiter = limiter(2.0, 1, null, null, 1);
        limiter.admit(0);

        ResourceExhausted refused = catchThrowableOfType(ResourceExhausted.class, () -> limiter.admit(0));

        assertThat(refused.retryAfter()).isEqualTo(Duration.ofMillis(500));
        assertThat(refused).hasMessage("limit of this key: 2.0 requests per second (expected: again in 500 ms)");
    }

    @Test
    void tokensOfAnAnswerDelayTheNextRequest() {
        KeyLimiter limiter = limiter(null, null, 600L, null, 1);
        limiter.admit(0);
        limiter.charge(0, 650);

        ResourceExhausted refused = catchThrowableOfType(ResourceExhausted.class, () -> limiter.admit(0));

        assertThat(refused.retryAfter()).isEqualTo(Duration.ofMillis(5_100));
        limiter.admit(6 * SECOND);
    }

    @Test
    void placeIsFreeAgainWhenARequestHasEnded() {
        KeyLimiter limiter = limiter(null, null, null, 1, 1);
        limiter.enter();
        assertThat(catchThrowableOfType(ResourceExhausted.class, limiter::enter))
                .isNotNull();

        limiter.leave();
        limiter.enter();

        assertThat(limiter.isIdle(0)).isFalse();
    }

    @Test
    void headersTellRequestsFirstAndTokensToo() {
        KeyLimiter limiter = limiter(2.0, 4, 600L, null, 1);
        limiter.admit(0);
        limiter.charge(0, 100);
        Map<String, String> headers = new LinkedHashMap<>();

        limiter.tell(0, headers::put);

        assertThat(headers)
                .containsEntry("RateLimit-Limit", "4")
                .containsEntry("RateLimit-Remaining", "3")
                .containsEntry("RateLimit-Reset", "1")
                .containsEntry("x-ratelimit-limit-requests", "4")
                .containsEntry("x-ratelimit-remaining-requests", "3")
                .containsEntry("x-ratelimit-reset-requests", "0.5s")
                .containsEntry("x-ratelimit-limit-tokens", "600")
                .containsEntry("x-ratelimit-remaining-tokens", "500")
                .containsEntry("x-ratelimit-reset-tokens", "10s");
    }
}
