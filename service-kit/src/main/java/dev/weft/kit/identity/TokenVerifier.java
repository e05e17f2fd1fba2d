package dev.weft.kit.identity;

import dev.weft.kit.error.Failure.Unauthenticated;
import org.jspecify.annotations.Nullable;

/** Tells whether a call comes from another service. Does not block; thread-safe. */
sealed interface TokenVerifier {

    /** How a token is shown, RFC 6750. */
    String BEARER = "Bearer ";

    /** No token, or none in that form. */
    Verdict NO_TOKEN = new Verdict.Refused(
            new Unauthenticated("authorization: no bearer token (expected: the token of a Weft service)"));

    /** A token of somebody else. */
    Verdict WRONG_TOKEN = new Verdict.Refused(new Unauthenticated(
            "authorization: a token that is not known here (expected: the token of a Weft service)"));

    /**
     * Judges a call.
     *
     * @param authorization the header; null when there is none
     */
    Verdict verify(@Nullable String authorization);

    /** True when the header has the form of a bearer token. */
    static boolean isBearer(@Nullable String authorization) {
        return authorization != null && authorization.regionMatches(true, 0, BEARER, 0, BEARER.length());
    }

    /** Takes every call. */
    record Everybody() implements TokenVerifier {
        @Override
        public Verdict verify(@Nullable String authorization) {
            return Verdict.ACCEPTED;
        }
    }

    /**
     * Takes none.
     *
     * @param refused what all are told
     */
    record Nobody(Verdict refused) implements TokenVerifier {
        @Override
        public Verdict verify(@Nullable String authorization) {
            return refused;
        }
    }

    /** Takes those who show one of the shared secrets. */
    record BySecret(FollowedFile<SharedSecrets> secrets) implements TokenVerifier {
        @Override
        public Verdict verify(@Nullable String authorization) {
            if (authorization == null || !isBearer(authorization)) {
                return NO_TOKEN;
            }
            return secrets.now().accepts(authorization, BEARER.length()) ? Verdict.ACCEPTED : WRONG_TOKEN;
        }
    }

    /** Takes those whose service account is allowed. */
    record ByReview(ReviewedTokens tokens) implements TokenVerifier {
        @Override
        public Verdict verify(@Nullable String authorization) {
            if (authorization == null || !isBearer(authorization)) {
                return NO_TOKEN;
            }
            return tokens.verify(authorization.substring(BEARER.length()));
        }
    }
}
