package dev.weft.gateway.oidc;

import dev.weft.gateway.keys.KeyLimits;
import dev.weft.gateway.keys.Scope;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.identity.AllowedModels;
import java.net.URI;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * On what terms tokens are taken, checked.
 *
 * @param issuer as tokens say it, character by character
 * @param grants what each word of the claim allows; not empty
 */
record Terms(
        String issuer,
        String audience,
        Map<String, Set<Scope>> grants,
        AllowedModels models,
        KeyLimits limits,
        Set<String> algorithms) {

    /** Those with a public key. With a shared secret, or none, whoever can check a token can make one. */
    private static final Set<String> ALGORITHMS =
            new TreeSet<>(Set.of("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"));

    Terms {
        algorithms = Set.copyOf(algorithms);
        grants = Map.copyOf(grants);
    }

    /**
     * Those of a configuration that has an issuer.
     *
     * @throws IllegalStateException saying what is wrong with it
     */
    static Terms of(OidcConfig config) {
        String issuer = config.issuer().orElseThrow();
        try {
            requireSafe(URI.create(issuer));
        } catch (IllegalArgumentException e) {
            throw refused("issuer", "'" + issuer + "': " + e.getMessage());
        }
        String audience = config.audience()
                .filter(name -> !name.isBlank())
                .orElseThrow(() -> refused("audience", "not set (expected: whom the issuer's tokens are meant for)"));
        for (String algorithm : config.algorithms()) {
            if (!ALGORITHMS.contains(algorithm)) {
                throw refused("algorithms", "'" + algorithm + "' (expected: some of " + ALGORITHMS + ")");
            }
        }
        OidcConfig.Limits limits = config.limits();
        try {
            return new Terms(
                    issuer,
                    audience,
                    grants(config.scopes().orElse(List.of())),
                    new AllowedModels(config.models().orElse(List.of())),
                    new KeyLimits(
                            limits.requestsPerSecond().orElse(null),
                            limits.burst().orElse(null),
                            limits.tokensPerMinute().orElse(null),
                            limits.concurrent().orElse(null),
                            limits.tokensPerMonth().orElse(null),
                            limits.costPerMonth().orElse(null)),
                    Set.copyOf(config.algorithms()));
        } catch (InvalidArgument e) {
            throw new IllegalStateException("weft.gateway.oidc." + e.getMessage(), e);
        }
    }

    private static Map<String, Set<Scope>> grants(List<String> entries) {
        Map<String, Set<Scope>> grants = new HashMap<>();
        for (String entry : entries) {
            int sign = entry.lastIndexOf('=');
            if (sign < 1) {
                throw refused("scopes", "'" + entry + "' (expected: WORD=SCOPE)");
            }
            grants.computeIfAbsent(entry.substring(0, sign).strip(), _ -> EnumSet.noneOf(Scope.class))
                    .add(Scope.of(entry.substring(sign + 1).strip()));
        }
        if (grants.isEmpty()) {
            throw refused("scopes", "not set (expected: what the issuer's words allow here, such as weft-users=infer)");
        }
        return grants;
    }

    /**
     * Checks that what comes from an address comes from where it says.
     *
     * @throws IllegalArgumentException when it does not
     */
    static void requireSafe(URI address) {
        String host = address.getHost();
        boolean local =
                host != null && (host.equals("localhost") || host.matches("127(\\.\\d+){3}") || host.equals("[::1]"));
        boolean safe = "https".equals(address.getScheme()) || ("http".equals(address.getScheme()) && local);
        if (host == null || !safe || address.getUserInfo() != null) {
            throw new IllegalArgumentException("another address than of https (expected: https://HOST/…)");
        }
    }

    private static IllegalStateException refused(String key, String what) {
        return new IllegalStateException("weft.gateway.oidc." + key + ": " + what);
    }
}
