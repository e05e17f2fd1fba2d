package dev.weft.gateway.classify;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Min;

/** Limits of classification. */
@ConfigMapping(prefix = "weft.gateway.classify")
public interface ClassifyConfig {

    /** Texts that one request may bring. */
    @WithDefault("1000")
    @Min(1)
    int maxInputs();
}
