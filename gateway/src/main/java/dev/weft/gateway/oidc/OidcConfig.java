package dev.weft.gateway.oidc;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.hibernate.validator.constraints.time.DurationMax;
import org.hibernate.validator.constraints.time.DurationMin;

/** Tokens of an OpenID provider that the gateway takes in the place of keys. */
@ConfigMapping(prefix = "weft.gateway.oidc")
public interface OidcConfig {

    /** The provider's issuer identifier, an address of https, as its tokens' claim {@code iss} says it; without one no tokens are taken. */
    Optional<String> issuer();

    /** Whom tokens must be meant for, as their claim {@code aud} says it. Needed with an issuer. */
    Optional<String> audience();

    /** The claim that says what somebody may do: a list, or words with spaces between; a dot leads into an object, as in realm_access.roles. */
    @WithDefault("scope")
    String scopesClaim();

    /** What the claim's words allow here, {@code WORD=SCOPE}, separated by commas; a word may come several times. Needed with an issuer. */
    Optional<List<String>> scopes();

    /** The models that they may ask, as a key has them; all when not set. */
    Optional<List<String>> models();

    /** Of each subject. */
    Limits limits();

    /** Signatures that are taken. */
    @WithDefault("RS256,RS384,RS512,PS256,PS384,PS512,ES256,ES384,ES512")
    List<String> algorithms();

    /** By how much the clocks of the provider and of this machine may differ. */
    @WithDefault("30s")
    @DurationMin
    @DurationMax(minutes = 5)
    Duration clockSkew();

    /** How long a request to the provider may take. */
    @WithDefault("3s")
    @DurationMin(millis = 10)
    @DurationMax(seconds = 60)
    Duration timeout();

    /** How often the provider's keys are fetched, needed or not. */
    @WithDefault("10m")
    @DurationMin(seconds = 1)
    Duration refreshInterval();

    /** The shortest time between two fetches, whatever keys tokens name. */
    @WithDefault("10s")
    @DurationMin(millis = 10)
    Duration refreshPause();

    /** Valid tokens that are remembered, so that their signatures are not computed again. */
    @WithDefault("10000")
    @Min(1)
    @Max(1_000_000)
    int maxTokens();

    /** PEM file with the authorities that the provider's certificate may be of; those of the system when not set. */
    Optional<Path> caFile();

    /** How much each subject may use; without limit when not set. See {@code limits} of a key. */
    interface Limits {

        /** Sustained rate. */
        Optional<Double> requestsPerSecond();

        /** Requests that may come at once. */
        Optional<Integer> burst();

        /** Tokens of prompts and answers together. */
        Optional<Long> tokensPerMinute();

        /** Requests that run at a time. */
        Optional<Integer> concurrent();

        /** Tokens of prompts and answers together in a calendar month, UTC. */
        Optional<Long> tokensPerMonth();

        /** Cost in a calendar month, UTC, in the currency of the prices. */
        Optional<Double> costPerMonth();
    }
}
