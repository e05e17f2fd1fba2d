package dev.weft.gateway.keys;

import dev.weft.kit.config.Secret;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.nio.file.Path;
import java.util.Optional;

/** Who is let in. */
@ConfigMapping(prefix = "weft.gateway.keys")
public interface KeysConfig {

    /** A key that may do everything and needs no database, to make the first keys with; at least 24 characters. */
    Optional<Secret> adminKey();

    /** A file that holds it instead; spaces and line breaks around it do not count. */
    Optional<Path> adminKeyFile();

    /** Who needs no key. */
    @WithDefault("loopback")
    Anonymous anonymous();

    /** Keys that may be valid at a time: all of them are held in memory. */
    @WithDefault("10000")
    @Min(1)
    @Max(1_000_000)
    int maxKeys();

    /** Whether {@code /q/metrics} needs no key. */
    @WithDefault("false")
    boolean openMetrics();

    /** Who needs no key. */
    enum Anonymous {
        /** Users of this machine, when the gateway listens on loopback only. */
        LOOPBACK,
        /** Nobody. */
        NEVER
    }
}
