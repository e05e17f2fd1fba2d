package dev.weft.training.publish;

import dev.weft.kit.config.Secret;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.NotBlank;
import java.util.Optional;

/** What becomes of trained models. */
@ConfigMapping(prefix = "weft.training.publish")
public interface PublishConfig {

    /** The model store's scheme for jobs that name none. */
    @WithDefault("file")
    @NotBlank
    String defaultStore();

    /** gRPC target of the gateway, whose catalog new versions are registered in; without it they are only stored. */
    Optional<String> catalogTarget();

    /** What the gateway knows this service by, as {@code authorization: Bearer}. */
    Optional<Secret> catalogToken();

    /** The alias that promotion points to the new version. */
    @WithDefault("stable")
    @NotBlank
    String alias();
}
