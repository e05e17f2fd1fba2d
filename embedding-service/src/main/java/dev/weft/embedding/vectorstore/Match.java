package dev.weft.embedding.vectorstore;

/**
 * A point that was found.
 *
 * @param point what was asked for of it
 * @param score by the space's metric; higher is nearer
 */
public record Match(Point point, float score) {}
