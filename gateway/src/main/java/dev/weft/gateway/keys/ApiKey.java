package dev.weft.gateway.keys;

import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.identity.AllowedModels;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A key, without what makes it one.
 *
 * @param id may be shown and logged
 * @param name for people
 * @param owner whom to ask about it; may be empty
 * @param createdBy who made it
 * @param expiresAt null when it does not expire
 * @param revokedAt null while it is not revoked
 */
public record ApiKey(
        String id,
        String name,
        String owner,
        Set<Scope> scopes,
        AllowedModels models,
        KeyLimits limits,
        Instant createdAt,
        String createdBy,
        @Nullable Instant expiresAt,
        @Nullable Instant revokedAt) {

    private static final int LONGEST = 100;

    public ApiKey {
        scopes = Set.copyOf(scopes);
        if (scopes.isEmpty()) {
            throw new InvalidArgument("scopes: none (expected: at least one of infer, embed, train, admin)");
        }
        if (name.isBlank() || name.length() > LONGEST || name.chars().anyMatch(Character::isISOControl)) {
            throw new InvalidArgument(
                    "name: " + name.length() + " characters (expected: 1 to " + LONGEST + " of them, printable)");
        }
        if (owner.length() > LONGEST || owner.chars().anyMatch(Character::isISOControl)) {
            throw new InvalidArgument(
                    "owner: " + owner.length() + " characters (expected: at most " + LONGEST + ", printable)");
        }
    }

    /** The same with other limits, models and expiry. */
    ApiKey with(KeyChange change) {
        return new ApiKey(
                id,
                name,
                owner,
                scopes,
                change.models(),
                change.limits(),
                createdAt,
                createdBy,
                change.expiresAt(),
                revokedAt);
    }

    /** The same, revoked. */
    ApiKey revoked(Instant at) {
        return new ApiKey(id, name, owner, scopes, models, limits, createdAt, createdBy, expiresAt, at);
    }

    /** What requests with this key are made as. */
    Caller caller() {
        return new Caller(id, name, scopes, models);
    }
}
