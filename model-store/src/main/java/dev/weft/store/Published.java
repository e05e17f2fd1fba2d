package dev.weft.store;

/**
 * A package that lies in a store.
 *
 * @param uri names this very content
 * @param manifest what it consists of
 */
public record Published(ModelUri uri, Manifest manifest) {}
