package dev.weft.gateway.keys;

import dev.weft.kit.error.Failure.Unauthenticated;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.identity.ServiceIdentity;
import dev.weft.kit.identity.Verdict;
import io.quarkus.runtime.Startup;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/**
 * Tells who somebody is by the key that he shows. Refuses to start a gateway that others can reach when nobody could show a key. Never blocks;
 * thread-safe.
 */
@Startup
@Singleton
public class Authenticator {

    private static final String BEARER = "Bearer ";

    private final KeyView view;
    private final Optional<AdminKey> adminKey;
    private final ServiceIdentity services;
    private final TokenIssuer tokens;
    private final boolean anonymous;

    @Inject
    Authenticator(
            KeyView view,
            KeysConfig config,
            ServiceIdentity services,
            TokenIssuer tokens,
            @ConfigProperty(name = "quarkus.http.host") String host) {
        this.view = view;
        this.services = services;
        this.tokens = tokens;
        this.adminKey = AdminKey.of(config);
        this.anonymous = isLoopback(host) && config.anonymous() == KeysConfig.Anonymous.LOOPBACK;
        requireSomeKey(host, adminKey.isPresent() || view.size() > 0 || tokens.name() != null);
    }

    static void requireSomeKey(String host, boolean thereIsOne) {
        if (!thereIsOne && !isLoopback(host)) {
            throw new IllegalStateException(
                    "quarkus.http.host: " + host + ", where others reach it, and there is no key"
                            + " (expected: a weft.gateway.keys.admin-key of at least 24 characters, in the environment as"
                            + " WEFT_GATEWAY_KEYS_ADMIN_KEY, or weft.gateway.keys.admin-key-file; or quarkus.http.host=127.0.0.1)");
        }
    }

    /** Whether nobody but users of this machine can connect to an address. */
    static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException _) {
            return false;
        }
    }

    /** What stands for users of this machine without a key; null when they need one. */
    public @Nullable Credential anonymous() {
        return anonymous ? Credential.ANONYMOUS : null;
    }

    /**
     * What the key stands for that came along; null when none did. Where no key is needed, texts that are no keys of Weft's count as none:
     * some clients cannot be had without any.
     *
     * @param authorization the header of that name
     * @param apiKey the header {@code x-api-key}
     * @throws Unauthenticated when it is not valid
     * @throws Unavailable when that cannot be told now
     */
    public @Nullable Credential authenticate(@Nullable String authorization, @Nullable String apiKey) {
        String text = authorization == null ? apiKey : token(authorization);
        if (text == null) {
            return null;
        }
        String id = KeyText.id(text);
        Credential credential = id == null ? null : view.find(id, text);
        if (credential == null && adminKey.isPresent() && adminKey.get().matches(text)) {
            credential = adminKey.get().credential();
        }
        if (credential == null && id == null && authorization != null) {
            credential = tokens.find(text);
        }
        if (credential == null && id == null && authorization != null && isService(authorization)) {
            credential = Credential.SERVICE;
        }
        if (credential == null && (!anonymous || id != null)) {
            throw new Unauthenticated(
                    id == null ? "key: unknown (expected: " + expected() + ")" : "key " + id + ": unknown or revoked");
        }
        return credential;
    }

    private String expected() {
        String issuer = tokens.name();
        return "a key of this gateway" + (issuer == null ? "" : ", or a token of " + issuer);
    }

    /** Whether another service of the mesh calls, as embedding-service does. */
    private boolean isService(String authorization) {
        return switch (services.verify(authorization)) {
            case Verdict.Accepted _ -> true;
            case Verdict.Refused _ -> false;
            // Kubernetes is asked whose token this is, and calls here cannot wait; the next one finds what it said.
            case Verdict.Pending _ -> throw new Unavailable("the service's token is being reviewed; try again");
        };
    }

    private @Nullable String token(String authorization) {
        if (authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return authorization.substring(BEARER.length()).strip();
        }
        if (anonymous) {
            return null;
        }
        throw new Unauthenticated("Authorization: another scheme (expected: Bearer and a key)");
    }
}
