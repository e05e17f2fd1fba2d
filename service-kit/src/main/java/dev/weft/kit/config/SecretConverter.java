package dev.weft.kit.config;

import org.eclipse.microprofile.config.spi.Converter;
import org.jspecify.annotations.Nullable;

/** Reads a {@link Secret} of a configuration value; found by {@code META-INF/services}, which Quarkus reads when it builds. */
public final class SecretConverter implements Converter<Secret> {

    /** An empty value is none, as with all other types: an optional key that nobody sets is converted as such. */
    @Override
    public @Nullable Secret convert(String value) {
        return value.isEmpty() ? null : new Secret(value);
    }
}
