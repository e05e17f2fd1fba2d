package dev.weft.embedding.embedder;

import java.util.Locale;

/** Whether somebody waits for an answer. */
public enum Priority {
    /** Somebody does. */
    INTERACTIVE,
    /** Nobody does: it is computed when nobody waits interactively, and a little in any case. */
    BATCH;

    /** The name in V2's request parameter. */
    String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
