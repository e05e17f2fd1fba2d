package dev.weft.gateway.keys;

import dev.weft.kit.error.Failure;
import org.jspecify.annotations.Nullable;

/** Somebody else who says who people are, by tokens that he signs. */
public interface TokenIssuer {

    /** Who issues tokens, for messages; null when nobody does. */
    @Nullable
    String name();

    /**
     * What the token stands for; null when it is none of this issuer's. Never blocks.
     *
     * @throws Failure.Unauthenticated when it is this issuer's and not valid here
     * @throws Failure.PermissionDenied when it is valid and gives no right here
     * @throws Failure.Unavailable when that cannot be told now
     */
    @Nullable
    Credential find(String token);
}
