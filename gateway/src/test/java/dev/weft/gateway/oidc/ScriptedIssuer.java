package dev.weft.gateway.oidc;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jose4j.jwk.EcJwkGenerator;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jwk.RsaJwkGenerator;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.NumericDate;
import org.jose4j.keys.EllipticCurves;
import org.jose4j.lang.JoseException;

/** An OpenID provider on a free port of loopback: discovery, keys that can be changed, and tokens. It ends with its Vert.x. */
final class ScriptedIssuer {

    private final HttpServer server;
    private final List<PublicJsonWebKey> keys = new CopyOnWriteArrayList<>();
    private final AtomicInteger asked = new AtomicInteger();
    private volatile boolean away;

    ScriptedIssuer(Vertx vertx) throws Exception {
        server = vertx.createHttpServer()
                .requestHandler(this::answer)
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
    }

    private void answer(HttpServerRequest request) {
        String body =
                switch (String.valueOf(request.path())) {
                    case "/.well-known/openid-configuration" ->
                        "{\"issuer\":\"" + name() + "\",\"jwks_uri\":\"" + name() + "/keys\"}";
                    case "/keys" -> {
                        asked.incrementAndGet();
                        yield new JsonWebKeySet(new ArrayList<JsonWebKey>(keys)).toJson();
                    }
                    default -> "";
                };
        request.response().setStatusCode(away ? 503 : 200).end(body);
    }

    String name() {
        return "http://127.0.0.1:" + server.actualPort();
    }

    /** How often its keys were fetched. */
    int asked() {
        return asked.get();
    }

    void beAway(boolean now) {
        away = now;
    }

    static PublicJsonWebKey rsa(String id) throws JoseException {
        PublicJsonWebKey key = RsaJwkGenerator.generateJwk(2048);
        key.setKeyId(id);
        return key;
    }

    static PublicJsonWebKey ec(String id) throws JoseException {
        PublicJsonWebKey key = EcJwkGenerator.generateJwk(EllipticCurves.P256);
        key.setKeyId(id);
        return key;
    }

    /** These are its keys from now on. */
    void publish(PublicJsonWebKey... now) {
        keys.clear();
        keys.addAll(List.of(now));
    }

    /** Claims that are in order. */
    JwtClaims claims(Instant expiry) {
        JwtClaims claims = new JwtClaims();
        claims.setIssuer(name());
        claims.setAudience("weft");
        claims.setSubject("ana");
        claims.setExpirationTime(NumericDate.fromSeconds(expiry.getEpochSecond()));
        claims.setStringClaim("scope", "openid weft-users");
        return claims;
    }

    static String sign(JwtClaims claims, PublicJsonWebKey key, String algorithm) throws JoseException {
        JsonWebSignature signature = new JsonWebSignature();
        signature.setPayload(claims.toJson());
        signature.setKey(key.getPrivateKey());
        signature.setKeyIdHeaderValue(key.getKeyId());
        signature.setAlgorithmHeaderValue(algorithm);
        return signature.getCompactSerialization();
    }
}
