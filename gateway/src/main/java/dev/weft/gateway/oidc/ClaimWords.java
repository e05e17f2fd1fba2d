package dev.weft.gateway.oidc;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jose4j.jwt.JwtClaims;
import org.jspecify.annotations.Nullable;

/** The words of a claim: the members of a list, or of a text with spaces between, as {@code scope} is by RFC 8693. */
final class ClaimWords {

    private ClaimWords() {}

    /** Those of the claim of that name, or at that path; none when it is not there or of another form. */
    static List<String> of(JwtClaims claims, String name) {
        // Names that are addresses have dots too.
        Object value = claims.getClaimValue(name);
        return words(value == null ? at(claims.getClaimsMap(), name) : value);
    }

    private static @Nullable Object at(@Nullable Object from, String path) {
        Object value = from;
        for (String step : path.split("\\.", -1)) {
            value = value instanceof Map<?, ?> object ? object.get(step) : null;
        }
        return value;
    }

    private static List<String> words(@Nullable Object value) {
        return switch (value) {
            case String text -> List.of(text.strip().split("\\s+"));
            case Collection<?> list -> {
                List<String> words = new ArrayList<>();
                list.forEach(word -> {
                    if (word instanceof String text) {
                        words.add(text);
                    }
                });
                yield words;
            }
            case null, default -> List.of();
        };
    }
}
