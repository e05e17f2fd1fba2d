package dev.weft.gateway.oidc;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.vertx.core.Vertx;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jose4j.jwk.PublicJsonWebKey;

/** A provider whose tokens the gateway takes. What tests need of it they find in system properties, as theirs is another class loader. */
public final class IssuerResource implements QuarkusTestResourceLifecycleManager {

    /** Somebody's token that is in order and may embed. */
    static final String TOKEN = "weft.test.oidc.token";

    /** The same of another provider, which has given its key the same name. */
    static final String FORGED = "weft.test.oidc.forged";

    private final Vertx vertx = Vertx.vertx();

    @Override
    public Map<String, String> start() {
        try {
            ScriptedIssuer issuer = new ScriptedIssuer(vertx);
            PublicJsonWebKey key = ScriptedIssuer.ec("first");
            issuer.publish(key);
            Instant expiry = Instant.now().plusSeconds(3_600);
            System.setProperty(TOKEN, ScriptedIssuer.sign(issuer.claims(expiry), key, "ES256"));
            System.setProperty(FORGED, ScriptedIssuer.sign(issuer.claims(expiry), ScriptedIssuer.ec("first"), "ES256"));
            return Map.of(
                    "weft.gateway.oidc.issuer", issuer.name(),
                    "weft.gateway.oidc.audience", "weft",
                    "weft.gateway.oidc.scopes", "weft-users=embed");
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void stop() {
        try {
            vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new IllegalStateException(e);
        }
    }
}
