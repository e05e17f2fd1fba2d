package dev.weft.gateway.oidc;

import dev.weft.gateway.keys.Credential;
import dev.weft.gateway.keys.TokenIssuer;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.Vertx;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Clock;
import org.jspecify.annotations.Nullable;

/** Tokens of the configured issuer; none when there is none. Never blocks; thread-safe. */
@Singleton
final class OidcTokens implements TokenIssuer {

    private final Vertx vertx;
    private final OidcConfig config;
    private final @Nullable Terms terms;
    private final @Nullable IssuerKeys keys;
    private final @Nullable TokenVerifier verifier;

    OidcTokens(OidcConfig config, Vertx vertx) {
        this.config = config;
        this.vertx = vertx;
        if (config.issuer().isEmpty()) {
            this.terms = null;
            this.keys = null;
            this.verifier = null;
            return;
        }
        this.terms = Terms.of(config);
        this.keys = new IssuerKeys(
                terms.issuer(),
                new DiscoveredKeys(vertx, terms.issuer(), config.timeout(), config.caFile()),
                config.refreshInterval(),
                config.refreshPause(),
                System::nanoTime);
        this.verifier = new TokenVerifier(terms, config, keys, Clock.systemUTC());
    }

    /** The gateway starts without the issuer, as keys and models do not need it. */
    void start(@Observes StartupEvent event) {
        IssuerKeys fetched = keys;
        if (fetched != null) {
            fetched.tick();
            vertx.setPeriodic(config.refreshPause().toMillis(), _ -> fetched.tick());
        }
    }

    @Override
    public @Nullable String name() {
        return terms == null ? null : terms.issuer();
    }

    @Override
    public @Nullable Credential find(String token) {
        return verifier == null ? null : verifier.find(token);
    }
}
