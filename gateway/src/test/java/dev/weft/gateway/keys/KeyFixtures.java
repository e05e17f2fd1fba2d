package dev.weft.gateway.keys;

import dev.weft.kit.identity.AllowedModels;
import java.time.Clock;
import java.time.Instant;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Keys without a database. */
public final class KeyFixtures {

    private static final String TEXT = "weft_aaaaaaaaaaaaaaaa_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    private final KnownKeys known = new KnownKeys(Clock.systemUTC());

    /** One key among others. */
    public KeyFixtures(KeyLimits limits, int others) {
        for (int i = 0; i < others; i++) {
            known.put(stored("other-" + i, limits, null));
        }
        known.put(stored(Objects.requireNonNull(KeyText.id(TEXT)), limits, null));
    }

    static KeyRepository.Stored stored(String id, KeyLimits limits, @Nullable Instant expiresAt) {
        ApiKey key = new ApiKey(
                id, "test", "", Set.of(Scope.INFER), AllowedModels.ALL, limits, Instant.EPOCH, "test", expiresAt, null);
        return new KeyRepository.Stored(key, KeyText.hash(TEXT));
    }

    /** What a gateway does with a header {@code Authorization}. */
    public Credential authenticate() {
        String id = Objects.requireNonNull(KeyText.id(TEXT));
        return Objects.requireNonNull(known.find(id, TEXT));
    }
}
