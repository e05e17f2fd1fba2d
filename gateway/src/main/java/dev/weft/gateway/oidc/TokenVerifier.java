package dev.weft.gateway.oidc;

import dev.weft.gateway.keys.Caller;
import dev.weft.gateway.keys.Credential;
import dev.weft.gateway.keys.Scope;
import dev.weft.gateway.oidc.VerifiedTokens.Verified;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.PermissionDenied;
import dev.weft.kit.error.Failure.Unauthenticated;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.util.Base64;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jose4j.jwa.AlgorithmConstraints;
import org.jose4j.jwa.AlgorithmConstraints.ConstraintType;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.MalformedClaimException;
import org.jose4j.jwt.NumericDate;
import org.jose4j.jwt.consumer.ErrorCodes;
import org.jose4j.jwt.consumer.InvalidJwtException;
import org.jose4j.jwt.consumer.JwtConsumer;
import org.jose4j.jwt.consumer.JwtConsumerBuilder;
import org.jose4j.lang.JoseException;
import org.jspecify.annotations.Nullable;

/** Tells what a token stands for. Never blocks; thread-safe. */
final class TokenVerifier {

    private static final int LONGEST = 16 << 10;
    private static final int LONGEST_SUBJECT = 200;

    /** How JSON that begins with a name looks in Base64. */
    private static final String BEGINNING = "eyJ";

    /** No key of Weft's has an id of this form. */
    private static final String PREFIX = "oidc:";

    private final Terms terms;
    private final String claim;
    private final int skewSeconds;
    private final IssuerKeys keys;
    private final VerifiedTokens verified;
    private final Clock clock;

    TokenVerifier(Terms terms, OidcConfig config, IssuerKeys keys, Clock clock) {
        this.terms = terms;
        this.claim = config.scopesClaim();
        this.skewSeconds = Math.toIntExact(config.clockSkew().toSeconds());
        this.keys = keys;
        this.verified = new VerifiedTokens(config.maxTokens());
        this.clock = clock;
    }

    /**
     * What the token stands for; null when it is none of this issuer's.
     *
     * @throws Failure when it is and does not let in
     */
    @Nullable
    Credential find(String text) {
        if (text.length() > LONGEST || !text.startsWith(BEGINNING) || text.indexOf('.') < 0) {
            return null;
        }
        String hash = hash(text);
        Verified known = verified.get(hash);
        if (known != null && keys.has(known.key())) {
            if (known.until() > clock.millis()) {
                return known.credential();
            }
            verified.remove(hash);
            throw expired();
        }
        Verified made = verify(text);
        if (made == null) {
            return null;
        }
        verified.put(hash, made, clock.millis());
        return made.credential();
    }

    private static String hash(String text) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return Base64.getEncoder().encodeToString(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private @Nullable Verified verify(String text) {
        JsonWebSignature signature = new JsonWebSignature();
        JwtClaims said;
        try {
            signature.setCompactSerialization(text);
            said = JwtClaims.parse(signature.getUnverifiedPayload());
            if (!terms.issuer().equals(said.getIssuer())) {
                return null;
            }
        } catch (JoseException | InvalidJwtException | MalformedClaimException _) {
            return null;
        }
        String algorithm = signature.getAlgorithmHeaderValue();
        if (algorithm == null || !terms.algorithms().contains(algorithm)) {
            throw new Unauthenticated("token: algorithm (expected: one of "
                    + terms.algorithms().stream().sorted().toList() + ")");
        }
        PublicJsonWebKey key = keys.require(signature.getKeyIdHeaderValue(), algorithm);
        try {
            JwtClaims claims = consumer(key).processToClaims(text);
            long until = Math.addExact(claims.getExpirationTime().getValueInMillis(), skewSeconds * 1_000L);
            return new Verified(credential(claims), key, until);
        } catch (InvalidJwtException e) {
            throw refused(e);
        } catch (MalformedClaimException | ArithmeticException e) {
            throw new Unauthenticated("token: a claim of another form (expected: as RFC 7519 has it)");
        }
    }

    private JwtConsumer consumer(PublicJsonWebKey key) {
        return new JwtConsumerBuilder()
                .setJwsAlgorithmConstraints(new AlgorithmConstraints(
                        ConstraintType.PERMIT, terms.algorithms().toArray(String[]::new)))
                .setVerificationKey(key.getPublicKey())
                .setExpectedIssuer(terms.issuer())
                .setExpectedAudience(terms.audience())
                .setRequireExpirationTime()
                .setRequireSubject()
                .setAllowedClockSkewInSeconds(skewSeconds)
                .setEvaluationTime(NumericDate.fromMilliseconds(clock.millis()))
                .build();
    }

    private Failure refused(InvalidJwtException e) {
        if (e.hasErrorCode(ErrorCodes.SIGNATURE_INVALID)) {
            return new Unauthenticated("token: signature (expected: made by a key of " + terms.issuer() + ")");
        }
        if (e.hasErrorCode(ErrorCodes.EXPIRED)) {
            return expired();
        }
        if (e.hasErrorCode(ErrorCodes.AUDIENCE_INVALID) || e.hasErrorCode(ErrorCodes.AUDIENCE_MISSING)) {
            return new Unauthenticated(
                    "token: meant for somebody else (expected: the audience " + terms.audience() + ")");
        }
        if (e.hasErrorCode(ErrorCodes.NOT_YET_VALID)) {
            return new Unauthenticated("token: not valid yet");
        }
        return new Unauthenticated("token: not valid (expected: the claims iss, aud, sub and exp)");
    }

    private static Unauthenticated expired() {
        return new Unauthenticated("token: expired");
    }

    private Credential credential(JwtClaims claims) throws MalformedClaimException {
        String subject = claims.getSubject();
        boolean storable = subject.codePoints()
                .noneMatch(c ->
                        Character.isISOControl(c) || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE));
        if (subject.isBlank() || subject.length() > LONGEST_SUBJECT || !storable) {
            throw new Unauthenticated("token: sub of " + subject.length() + " characters (expected: 1 to "
                    + LONGEST_SUBJECT + ", printable)");
        }
        Set<Scope> scopes = EnumSet.noneOf(Scope.class);
        List<String> words = ClaimWords.of(claims, claim);
        words.forEach(word -> scopes.addAll(terms.grants().getOrDefault(word, Set.of())));
        if (scopes.isEmpty()) {
            throw new PermissionDenied("token of " + subject + ": its claim " + claim
                    + " allows nothing here (expected: one of "
                    + terms.grants().keySet().stream().sorted().toList() + ")");
        }
        return new Credential(new Caller(PREFIX + subject, subject, scopes, terms.models()), terms.limits());
    }
}
