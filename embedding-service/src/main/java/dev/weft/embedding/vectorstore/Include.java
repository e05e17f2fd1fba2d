package dev.weft.embedding.vectorstore;

/** Which parts of a point are wanted besides its id. */
public record Include(boolean vector, boolean text, boolean metadata) {

    /** The id alone. */
    public static final Include NOTHING = new Include(false, false, false);

    /** All there is. */
    public static final Include EVERYTHING = new Include(true, true, true);
}
