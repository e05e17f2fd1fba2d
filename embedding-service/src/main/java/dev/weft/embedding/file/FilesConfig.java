package dev.weft.embedding.file;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Pattern;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.hibernate.validator.constraints.time.DurationMin;

/** Where files lie and how many may. */
@ConfigMapping(prefix = "weft.embedding.files")
public interface FilesConfig {

    /**
     * Where new files go: {@code postgres}, which all replicas reach; or {@code disk}, for very large files and for replicas that share a
     * folder. What was written before stays readable where it is.
     */
    @WithDefault("postgres")
    @Pattern(regexp = "postgres|disk")
    String store();

    /** The folder of the store {@code disk}. */
    @WithDefault("files")
    Path folder();

    /** How large one file may be. */
    @WithDefault("1G")
    MemorySize maxSize();

    /** How large all files that clients have uploaded may be together. */
    @WithDefault("20G")
    MemorySize maxTotal();

    /** After what time an uploaded file is deleted, when its client did not say; none keeps it. */
    Optional<Duration> expiry();

    /** After what time a batch's output is deleted, when its client did not say; none keeps it. */
    Optional<Duration> outputExpiry();

    /** How often expired files, and what writers that died have left, are looked for. */
    @WithDefault("10M")
    @DurationMin(millis = 100)
    Duration cleanupInterval();

    /** How old bytes must be that nothing refers to before they are removed: longer than any upload takes. */
    @WithDefault("24H")
    @DurationMin(seconds = 1)
    Duration orphanAge();
}
