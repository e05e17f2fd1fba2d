package dev.weft.embedding.vectorstore.embedded;

/** What happened to a point. */
sealed interface Change {

    /** It is so now. */
    record Put(Entry entry) implements Change {}

    /** It is gone. */
    record Removed(String id) implements Change {}
}
