package dev.weft.kit.identity;

import dev.weft.kit.config.Secret;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** How services know each other. */
@ConfigMapping(prefix = "weft.identity")
public interface IdentityConfig {

    /** By what a service knows another one. */
    enum Mode {
        /** By the shared secret where one is configured; by nothing where none is and only this machine can call. */
        AUTO,
        /** By a secret that all of them have. */
        SHARED_SECRET,
        /** By the Kubernetes service account that a pod runs as. */
        KUBERNETES,
        /** By nothing, wherever calls come from. */
        NONE
    }

    /** By what a service knows another one. */
    @WithDefault("auto")
    Mode mode();

    /** The shared secret, 16 to 512 printable characters. Of several the first is sent and all are accepted. */
    Optional<List<Secret>> secrets();

    /** A file with the same, one a line, in the place of {@link #secrets()}. */
    Optional<Path> secretFile();

    /** How often files with secrets and tokens are looked at for changes. */
    @WithDefault("5s")
    Duration reloadInterval();

    /** What the mode {@code kubernetes} needs. */
    Kubernetes kubernetes();

    /** What the mode {@code kubernetes} needs. */
    interface Kubernetes {

        /** The projected token that this service shows to others. */
        @WithDefault("/var/run/secrets/weft/token")
        Path tokenFile();

        /** Whom tokens must be meant for. */
        @WithDefault("weft")
        String audience();

        /** Service accounts that may call, as {@code namespace/name}. */
        Optional<List<String>> serviceAccounts();

        /** Where tokens are reviewed. */
        @WithDefault("https://kubernetes.default.svc")
        URI apiServer();

        /** The authority that has signed the API server's certificate. */
        @WithDefault("/var/run/secrets/kubernetes.io/serviceaccount/ca.crt")
        Path apiCaFile();

        /** The token that this service shows to the API server. */
        @WithDefault("/var/run/secrets/kubernetes.io/serviceaccount/token")
        Path apiTokenFile();

        /** How long one review may take. */
        @WithDefault("2s")
        Duration reviewTimeout();

        /** How long a review holds; at most a minute, and never longer than the token. */
        @WithDefault("1m")
        Duration reviewTtl();

        /** How long a token that was accepted is taken while the API server does not answer, counted from its last review. */
        @WithDefault("10m")
        Duration staleLimit();
    }
}
