package dev.weft.gateway.usage;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.DecimalMin;
import java.time.Duration;
import java.util.Map;
import org.hibernate.validator.constraints.time.DurationMax;
import org.hibernate.validator.constraints.time.DurationMin;

/** How usage is counted. */
@ConfigMapping(prefix = "weft.gateway.usage")
public interface UsageConfig {

    /** How often what was counted is added to the database: as much is lost when the process is killed. */
    @WithDefault("1s")
    @DurationMin(millis = 50)
    @DurationMax(minutes = 5)
    Duration flushInterval();

    /** How often embedding-service is asked what batches have used. */
    @WithDefault("5s")
    @DurationMin(millis = 50)
    @DurationMax(minutes = 5)
    Duration batchInterval();

    /** Whether metrics tell the key's id too, which makes as many time series as there are keys. */
    @WithDefault("false")
    boolean keyLabel();

    /** What models cost, by name; all others cost nothing. */
    Map<String, Price> prices();

    /** What a model costs, in a currency of your own. */
    interface Price {
        /** Of a million tokens that it reads. */
        @WithDefault("0")
        @DecimalMin("0")
        double promptTokens();

        /** Of a million tokens that it writes. */
        @WithDefault("0")
        @DecimalMin("0")
        double completionTokens();

        /** Of a thousand requests. */
        @WithDefault("0")
        @DecimalMin("0")
        double requests();

        /** Of an hour of computing. */
        @WithDefault("0")
        @DecimalMin("0")
        double computeHours();
    }
}
