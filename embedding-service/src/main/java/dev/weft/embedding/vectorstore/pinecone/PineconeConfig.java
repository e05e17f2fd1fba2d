package dev.weft.embedding.vectorstore.pinecone;

import dev.weft.kit.config.Secret;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.Pattern;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import org.hibernate.validator.constraints.time.DurationMin;

/** The store {@code pinecone}. */
@ConfigMapping(prefix = "weft.embedding.pinecone")
public interface PineconeConfig {

    /** API key; without one the store cannot be used. */
    Optional<Secret> apiKey();

    /** The control plane; an index's host is asked by the same scheme. */
    @WithDefault("https://api.pinecone.io")
    URI controlUrl();

    /** The cloud of new indexes. */
    @WithDefault("aws")
    @Pattern(regexp = "aws|gcp|azure")
    String cloud();

    /** The region of new indexes. */
    @WithDefault("us-east-1")
    String region();

    /** How the names of indexes begin: another one for each database of Weft's that uses the same project. */
    @WithDefault("weft")
    @Pattern(regexp = "[a-z][a-z0-9-]{0,20}")
    String indexPrefix();

    /** How long one request may take, retries not counted. */
    @WithDefault("10s")
    @DurationMin(millis = 1)
    Duration requestTimeout();

    /** How often a request is made at most that Pinecone could not serve (429, 5xx, no connection), within the caller's deadline. */
    @WithDefault("5")
    @Min(1)
    @Max(20)
    int attempts();

    /** The pause before the second attempt; it doubles, up to {@link #maxPause()}, and chance takes up to the whole of it away. */
    @WithDefault("200ms")
    @DurationMin(millis = 1)
    Duration pause();

    /** The longest pause, unless Pinecone asks for a longer one. */
    @WithDefault("8s")
    @DurationMin(millis = 1)
    Duration maxPause();
}
