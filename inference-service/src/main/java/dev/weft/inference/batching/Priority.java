package dev.weft.inference.batching;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Which of two waiting requests a session takes first. */
public enum Priority {
    /** Somebody waits for the answer. */
    INTERACTIVE,
    /** Background work: computed when no interactive row waits, and a little in any case, so that it never stands still. */
    BATCH;

    /** The names on the wire. */
    public static final List<String> NAMES =
            Arrays.stream(values()).map(Priority::wireName).toList();

    /** The name on the wire, in lower case. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The priority of that name.
     *
     * @param field where the name stands, for the message
     * @throws InvalidArgument when there is none
     */
    public static Priority of(String name, String field) {
        int index = NAMES.indexOf(name);
        if (index < 0) {
            throw new InvalidArgument(field + ": '" + name + "' (expected: one of " + NAMES + ")");
        }
        return values()[index];
    }
}
