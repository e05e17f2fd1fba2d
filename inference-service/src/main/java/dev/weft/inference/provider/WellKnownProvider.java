package dev.weft.inference.provider;

import java.net.URI;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Providers whose addresses are public, from their documentation of mid 2026. */
enum WellKnownProvider {
    /** Its reasoning models refuse {@code max_tokens}. */
    OPENAI("https://api.openai.com/v1", "max_completion_tokens"),
    TOGETHER("https://api.together.ai/v1", Provider.MAX_TOKENS),
    /** The router, which passes on to those who run the model. */
    HUGGINGFACE("https://router.huggingface.co/v1", Provider.MAX_TOKENS),
    COHERE("https://api.cohere.ai/compatibility/v1", Provider.MAX_TOKENS),
    DIGITALOCEAN("https://inference.do-ai.run/v1", Provider.MAX_TOKENS);

    private final URI baseUrl;
    private final String tokenLimitField;

    WellKnownProvider(String baseUrl, String tokenLimitField) {
        this.baseUrl = URI.create(baseUrl);
        this.tokenLimitField = tokenLimitField;
    }

    static Optional<WellKnownProvider> of(String name) {
        return Arrays.stream(values())
                .filter(known -> known.name().toLowerCase(Locale.ROOT).equals(name))
                .findFirst();
    }

    URI baseUrl() {
        return baseUrl;
    }

    String tokenLimitField() {
        return tokenLimitField;
    }
}
