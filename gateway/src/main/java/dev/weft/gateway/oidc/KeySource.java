package dev.weft.gateway.oidc;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jose4j.jwk.PublicJsonWebKey;

/** Where an issuer's public keys come from. */
@FunctionalInterface
interface KeySource {

    /** Fetches them, within a time limit; fails with an exception whose message says why there are none. Never blocks. */
    CompletableFuture<List<PublicJsonWebKey>> fetch();
}
