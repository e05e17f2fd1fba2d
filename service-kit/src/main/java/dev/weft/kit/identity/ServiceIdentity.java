package dev.weft.kit.identity;

import dev.weft.kit.error.Failure.Unauthenticated;
import dev.weft.kit.identity.IdentityConfig.Kubernetes;
import dev.weft.kit.identity.IdentityConfig.Mode;
import io.quarkus.arc.All;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.Vertx;
import jakarta.annotation.PreDestroy;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.eclipse.microprofile.config.Config;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What this process shows to other services, and by what it knows them. A process that others can call over the network and that has no way to
 * know them does not start. Thread-safe.
 */
@Singleton
public class ServiceIdentity {

    private static final Logger LOG = Logger.getLogger(ServiceIdentity.class);

    private static final String HOW =
            "set weft.identity.secret-file (WEFT_IDENTITY_SECRET_FILE) or weft.identity.secrets to a secret that"
                    + " all services have, or weft.identity.mode=kubernetes";

    /** A review may not hold longer: so long may a service account that was deleted go on calling. */
    private static final Duration LONGEST_TTL = Duration.ofMinutes(1);

    private final TokenVerifier verifier;
    private final Supplier<@Nullable String> shown;
    private @Nullable String refusal;
    private final List<FollowedFile<?>> followed = new ArrayList<>();
    private @Nullable ScheduledExecutorService timer;

    private record Way(TokenVerifier verifier, Supplier<@Nullable String> shown) {}

    @Inject
    ServiceIdentity(IdentityConfig config, @All List<FrontDoor> doors, Config process, Vertx vertx) {
        this(config, !doors.isEmpty(), ListenAddress.of(process), vertx);
    }

    ServiceIdentity(IdentityConfig config, boolean frontDoor, ListenAddress address, Vertx vertx) {
        Way way =
                switch (mode(config)) {
                    case SHARED_SECRET -> {
                        FollowedFile<SharedSecrets> secrets = secrets(config);
                        yield new Way(new TokenVerifier.BySecret(secrets), () -> secrets.now()
                                .authorization());
                    }
                    case KUBERNETES -> {
                        FollowedFile<String> token =
                                FollowedFile.optional(config.kubernetes().tokenFile(), ServiceIdentity::shown, "");
                        followed.add(token);
                        yield new Way(
                                reviewed(config.kubernetes(), frontDoor, vertx),
                                () -> token.now().isEmpty() ? null : token.now());
                    }
                    case AUTO, NONE ->
                        new Way(withoutIdentity(config.mode() == Mode.NONE, frontDoor, address), () -> null);
                };
        verifier = way.verifier();
        shown = way.shown();
        follow(config.reloadInterval());
    }

    private TokenVerifier withoutIdentity(boolean forced, boolean frontDoor, ListenAddress address) {
        if (frontDoor) {
            return nobody();
        }
        if (!address.isLoopback() && !forced) {
            refusal = address.property() + ": " + address.host()
                    + ", where anybody may call (expected: a loopback address, or a way to know other services: " + HOW
                    + "; weft.identity.mode=none lets everybody in)";
            return nobody();
        }
        if (!address.isLoopback()) {
            LOG.warnf(
                    "%s is %s and weft.identity.mode is none: whoever reaches this process may use it; %s",
                    address.property(), address.host(), HOW);
        }
        return new TokenVerifier.Everybody();
    }

    private static Mode mode(IdentityConfig config) {
        boolean secret = config.secrets().isPresent() || config.secretFile().isPresent();
        return config.mode() == Mode.AUTO && secret ? Mode.SHARED_SECRET : config.mode();
    }

    private static TokenVerifier nobody() {
        return new TokenVerifier.Nobody(new Verdict.Refused(new Unauthenticated(
                "authorization: no service is known here (expected: weft.identity.mode that says how)")));
    }

    private FollowedFile<SharedSecrets> secrets(IdentityConfig config) {
        if (config.secrets().isPresent() == config.secretFile().isPresent()) {
            throw new IllegalStateException("weft.identity.secrets, weft.identity.secret-file: "
                    + (config.secrets().isPresent() ? "both" : "neither") + " (expected: one of them; " + HOW + ")");
        }
        try {
            FollowedFile<SharedSecrets> secrets = config.secretFile()
                    .map(file ->
                            FollowedFile.required(file, text -> SharedSecrets.parse("weft.identity.secret-file", text)))
                    .orElseGet(() -> FollowedFile.constant(new SharedSecrets(
                            "weft.identity.secrets", config.secrets().orElseThrow())));
            if (config.secretFile().isPresent()) {
                followed.add(secrets);
            }
            return secrets;
        } catch (IllegalArgumentException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    private TokenVerifier reviewed(Kubernetes config, boolean frontDoor, Vertx vertx) {
        Set<String> users = config.serviceAccounts().orElse(List.of()).stream()
                .map(ServiceIdentity::user)
                .collect(Collectors.toUnmodifiableSet());
        if (users.isEmpty()) {
            if (frontDoor) {
                return nobody();
            }
            throw new IllegalStateException(
                    "weft.identity.kubernetes.service-accounts: none (expected: who may call, as"
                            + " namespace/name, separated by commas)");
        }
        if (config.reviewTtl().compareTo(LONGEST_TTL) > 0 || !config.reviewTtl().isPositive()) {
            throw new IllegalStateException("weft.identity.kubernetes.review-ttl: " + config.reviewTtl()
                    + " (expected: more than 0, at most 1m)");
        }
        FollowedFile<String> token = FollowedFile.required(config.apiTokenFile(), String::strip);
        FollowedFile<String> authority = "https".equals(config.apiServer().getScheme())
                ? FollowedFile.required(config.apiCaFile(), text -> text)
                : FollowedFile.constant("");
        followed.add(token);
        followed.add(authority);
        TokenReviewer reviewer = new KubernetesTokenReviewer(
                vertx, config.apiServer(), config.audience(), config.reviewTimeout(), token, authority);
        return new TokenVerifier.ByReview(
                new ReviewedTokens(reviewer, users, config.reviewTtl(), config.staleLimit(), InstantSource.system()));
    }

    private static String shown(String token) {
        return token.isBlank() ? "" : TokenVerifier.BEARER + token.strip();
    }

    private static String user(String account) {
        int slash = account.indexOf('/');
        if (slash < 1 || slash != account.lastIndexOf('/') || slash == account.length() - 1) {
            throw new IllegalStateException(
                    "weft.identity.kubernetes.service-accounts: '" + account + "' (expected: namespace/name)");
        }
        return "system:serviceaccount:" + account.replace('/', ':');
    }

    private void follow(Duration interval) {
        if (followed.isEmpty()) {
            return;
        }
        ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("identity-files").factory());
        long millis = Math.max(1, interval.toMillis());
        ScheduledFuture<?> _ = scheduler.scheduleWithFixedDelay(
                () -> followed.forEach(FollowedFile::look), millis, millis, TimeUnit.MILLISECONDS);
        timer = scheduler;
    }

    // Before whatever takes long to start.
    void start(@Observes @Priority(1) StartupEvent event) {
        if (refusal != null) {
            throw new IllegalStateException(refusal);
        }
    }

    @PreDestroy
    void stop() {
        if (timer != null) {
            timer.shutdownNow();
        }
    }

    /** The {@code authorization} header of a call to another service of the mesh, and of no other call; null when there is none to show. */
    public @Nullable String authorization() {
        return shown.get();
    }

    /**
     * Judges a call to this process.
     *
     * @param authorization its header; null when it has none
     */
    public Verdict verify(@Nullable String authorization) {
        return verifier.verify(authorization);
    }
}
