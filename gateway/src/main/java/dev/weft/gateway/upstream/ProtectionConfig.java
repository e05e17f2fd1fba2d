package dev.weft.gateway.upstream;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMin;

/** When a model that has fallbacks is not asked any more. */
@ConfigMapping(prefix = "weft.gateway.circuit-breaker")
public interface ProtectionConfig {

    /** The last requests that are looked at. */
    @WithDefault("20")
    @Min(2)
    int requests();

    /** The part of them that must have failed for the circuit to open. */
    @WithDefault("0.5")
    @DecimalMin("0.01")
    @DecimalMax("1")
    double failureRatio();

    /** How long it stays open before a request is let through to try. */
    @WithDefault("5s")
    @DurationMin(millis = 1)
    Duration delay();
}
