package dev.weft.gateway.http;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Whether somebody waits for a request's answer. */
public enum Priority {
    /** Somebody does. */
    INTERACTIVE,
    /** Nobody does: it may wait for those of others. */
    BATCH;

    /** Header by which a client tells. */
    public static final String HEADER = "X-Priority";

    private static final List<String> NAMES =
            Arrays.stream(values()).map(Priority::wireName).toList();

    /** The name in headers and in V2's request parameter, in lower case. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * What the header says; null when there is none.
     *
     * @throws InvalidArgument when it names no priority
     */
    static @Nullable Priority ofHeader(@Nullable String header) {
        if (header == null) {
            return null;
        }
        int index = NAMES.indexOf(header.strip());
        if (index < 0) {
            throw new InvalidArgument(HEADER + ": '" + header + "' (expected: one of " + NAMES + ")");
        }
        return values()[index];
    }
}
