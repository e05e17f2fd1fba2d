package dev.weft.embedding.vectorstore.embedded;

import dev.weft.embedding.vectorstore.Metadata;
import io.github.jbellis.jvector.vector.types.VectorFloat;

/** A point in memory, as it was after one change; another change makes another entry. */
final class Entry {

    private final String id;
    private final VectorFloat<?> vector;
    private final Metadata metadata;
    private volatile boolean dead;

    /**
     * Makes one.
     *
     * @param vector as {@link Space#prepare} made it
     */
    Entry(String id, VectorFloat<?> vector, Metadata metadata) {
        this.id = id;
        this.vector = vector;
        this.metadata = metadata;
    }

    String id() {
        return id;
    }

    VectorFloat<?> vector() {
        return vector;
    }

    Metadata metadata() {
        return metadata;
    }

    /** Whether a later change has replaced or removed it. */
    boolean isDead() {
        return dead;
    }

    void kill() {
        dead = true;
    }
}
