package dev.weft.gateway.keys;

import dev.weft.kit.identity.AllowedModels;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What of a key can change: all else is what somebody was given, and stays.
 *
 * @param expiresAt null when it does not expire
 */
public record KeyChange(
        AllowedModels models, KeyLimits limits, @Nullable Instant expiresAt) {

    /** What the key has now. */
    public static KeyChange of(ApiKey key) {
        return new KeyChange(key.models(), key.limits(), key.expiresAt());
    }
}
