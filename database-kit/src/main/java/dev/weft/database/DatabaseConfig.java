package dev.weft.database;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMin;

/** What is not Quarkus' own about the database; its address is {@code quarkus.datasource.jdbc.url}. */
@ConfigMapping(prefix = "weft.database")
public interface DatabaseConfig {

    /** How long the start waits for a database that does not answer yet. */
    @WithDefault("60s")
    @DurationMin
    Duration startTimeout();
}
