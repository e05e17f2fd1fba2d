package dev.weft.gateway.oidc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weft.gateway.keys.Credential;
import dev.weft.gateway.keys.Scope;
import dev.weft.kit.error.Failure.PermissionDenied;
import dev.weft.kit.error.Failure.Unauthenticated;
import dev.weft.kit.error.Failure.Unavailable;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.NumericDate;
import org.jose4j.keys.HmacKey;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tokens of a provider that is asked over HTTP. */
class TokenVerifierTest {

    private static final Instant NOW = Instant.parse("2027-03-01T12:00:00Z");
    private static final Instant SOON = NOW.plusSeconds(300);
    private static final Duration PAUSE = Duration.ofSeconds(10);

    private final Vertx vertx = Vertx.vertx();
    private final AtomicLong nanos = new AtomicLong();
    private ScriptedIssuer issuer;
    private PublicJsonWebKey key;
    private IssuerKeys keys;
    private TokenVerifier verifier;

    @BeforeEach
    void start() throws Exception {
        issuer = new ScriptedIssuer(vertx);
        key = ScriptedIssuer.rsa("first");
        issuer.publish(key);
        OidcConfig config = new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withMapping(OidcConfig.class)
                .withDefaultValue("weft.gateway.oidc.issuer", issuer.name())
                .withDefaultValue("weft.gateway.oidc.audience", "weft")
                .withDefaultValue("weft.gateway.oidc.scopes", "weft-users=infer,weft-trainers=train,weft-users=embed")
                .withDefaultValue("weft.gateway.oidc.models", "bge-*")
                .withDefaultValue("weft.gateway.oidc.limits.concurrent", "4")
                .build()
                .getConfigMapping(OidcConfig.class);
        Terms terms = Terms.of(config);
        keys = new IssuerKeys(
                terms.issuer(),
                new DiscoveredKeys(vertx, terms.issuer(), Duration.ofSeconds(5), Optional.empty()),
                Duration.ofMinutes(10),
                PAUSE,
                nanos::get);
        verifier = new TokenVerifier(terms, config, keys, Clock.fixed(NOW, ZoneOffset.UTC));
    }

    @AfterEach
    void close() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    private String token() throws Exception {
        return ScriptedIssuer.sign(issuer.claims(SOON), key, "RS256");
    }

    private Credential accept(String token) {
        await().atMost(Duration.ofSeconds(30))
                .ignoreExceptionsInstanceOf(Unavailable.class)
                .until(() -> verifier.find(token) != null);
        return Objects.requireNonNull(verifier.find(token));
    }

    private void assertRefused(String token, String message) {
        assertThatThrownBy(() -> verifier.find(token))
                .isInstanceOf(Unauthenticated.class)
                .hasMessageContaining(message);
    }

    @Test
    void tokenStandsForItsSubjectWithWhatItsWordsAllow() throws Exception {
        Credential credential = accept(token());

        assertThat(credential.caller().keyId()).isEqualTo("oidc:ana");
        assertThat(credential.caller().scopes()).containsExactlyInAnyOrder(Scope.INFER, Scope.EMBED);
        assertThat(credential.caller().models().allow("bge-small")).isTrue();
        assertThat(credential.caller().models().allow("other")).isFalse();
        assertThat(credential.limits().concurrent()).isEqualTo(4);
        assertThat(verifier.find(token())).isEqualTo(credential);
        assertThat(issuer.asked()).isEqualTo(1);
    }

    @Test
    void claimsThatAreNotInOrderAreNamed() throws Exception {
        accept(token());
        JwtClaims other = issuer.claims(SOON);
        other.setAudience("somebody");
        JwtClaims early = issuer.claims(SOON);
        early.setNotBefore(NumericDate.fromSeconds(NOW.getEpochSecond() + 60));
        JwtClaims nobody = issuer.claims(SOON);
        nobody.unsetClaim("sub");

        assertRefused(ScriptedIssuer.sign(other, key, "RS256"), "expected: the audience weft");
        assertRefused(ScriptedIssuer.sign(issuer.claims(NOW.minusSeconds(31)), key, "RS256"), "expired");
        assertRefused(ScriptedIssuer.sign(early, key, "RS256"), "not valid yet");
        assertRefused(ScriptedIssuer.sign(nobody, key, "RS256"), "expected: the claims iss, aud, sub and exp");
        assertThat(verifier.find(ScriptedIssuer.sign(issuer.claims(NOW.minusSeconds(29)), key, "RS256")))
                .isNotNull();
    }

    @Test
    void tokenWithoutAWordThatAllowsSomethingIsForbidden() throws Exception {
        accept(token());
        JwtClaims claims = issuer.claims(SOON);
        claims.setStringClaim("scope", "openid admin");

        assertThatThrownBy(() -> verifier.find(ScriptedIssuer.sign(claims, key, "RS256")))
                .isInstanceOf(PermissionDenied.class)
                .hasMessageContaining("weft-users");
    }

    @Test
    void signatureOfAnotherKeyByTheSameNameIsRefused() throws Exception {
        accept(token());

        assertRefused(
                ScriptedIssuer.sign(issuer.claims(SOON), ScriptedIssuer.rsa("first"), "RS256"), "token: signature");
    }

    @Test
    void algorithmsWithoutAPublicKeyAreNeverTaken() throws Exception {
        accept(token());
        String header = Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString("{\"alg\":\"none\",\"kid\":\"first\"}".getBytes(StandardCharsets.UTF_8));
        String payload = token().split("\\.", -1)[1];
        // The known attack: the public key as if it were a shared secret.
        JsonWebSignature secret = new JsonWebSignature();
        secret.setPayload(issuer.claims(SOON).toJson());
        secret.setKey(new HmacKey(key.getPublicKey().getEncoded()));
        secret.setKeyIdHeaderValue("first");
        secret.setAlgorithmHeaderValue("HS256");

        assertRefused(header + "." + payload + ".", "token: algorithm");
        assertRefused(secret.getCompactSerialization(), "token: algorithm");
    }

    @Test
    void tokenOfAnotherIssuerIsSomebodyElsesAndFetchesNothing() throws Exception {
        JwtClaims claims = issuer.claims(SOON);
        claims.setIssuer("https://elsewhere.example");

        assertThat(verifier.find(ScriptedIssuer.sign(claims, key, "RS256"))).isNull();
        assertThat(verifier.find("weft_no_token")).isNull();
        assertThat(verifier.find("eyJ.not.json")).isNull();
        assertThat(issuer.asked()).isZero();
    }

    @Test
    void newKeyIsFetchedAndTheOneThatIsGoneIsNotTakenAnyMore() throws Exception {
        String old = token();
        accept(old);
        PublicJsonWebKey next = ScriptedIssuer.ec("second");
        issuer.publish(next);
        String renewed = ScriptedIssuer.sign(issuer.claims(SOON), next, "ES256");
        nanos.addAndGet(PAUSE.toNanos());

        assertThat(accept(renewed).caller().name()).isEqualTo("ana");
        assertRefused(old, "key 'first'");
    }

    @Test
    void inventedKeysMakeNoMoreThanOneRequestInAPause() throws Exception {
        accept(token());
        String invented = ScriptedIssuer.sign(issuer.claims(SOON), ScriptedIssuer.rsa("invented"), "RS256");

        assertRefused(invented, "key 'invented'");
        assertRefused(invented, "key 'invented'");
        assertThat(issuer.asked()).isEqualTo(1);
    }

    @Test
    void knownKeysGoOnWhileTheIssuerIsAway() throws Exception {
        accept(token());
        issuer.beAway(true);
        nanos.addAndGet(PAUSE.toNanos());
        String unknown = ScriptedIssuer.sign(issuer.claims(SOON), ScriptedIssuer.rsa("second"), "RS256");
        JwtClaims another = issuer.claims(SOON);
        another.setSubject("ben");

        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThatThrownBy(() -> verifier.find(unknown))
                .isInstanceOf(Unavailable.class)
                .hasMessageContaining("cannot be fetched")
                .hasMessageContaining("503"));
        assertThat(verifier.find(token())).isNotNull();
        assertThat(verifier.find(ScriptedIssuer.sign(another, key, "RS256"))).isNotNull();

        issuer.beAway(false);
        nanos.addAndGet(PAUSE.toNanos());
        keys.tick();
        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertRefused(unknown, "key 'second'"));
    }
}
