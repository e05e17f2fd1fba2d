package dev.weft.gateway.limits;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;

/** How limits of keys are divided. */
@ConfigMapping(prefix = "weft.gateway.limits")
public interface LimitsConfig {

    /** Gateways among which a key's requests spread evenly: each allows its share of every limit. */
    @WithDefault("1")
    @Min(1)
    @Max(1_000)
    int gateways();
}
