package dev.weft.inference.generation;

import java.util.Locale;

/** Why an answer ended; the names on the wire are OpenAI's, in small letters. */
public enum FinishReason {
    /** The model ended it, or a stop string occurred. */
    STOP,
    /** It became as long as the request allows. */
    LENGTH;

    /** Its name on the wire. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
