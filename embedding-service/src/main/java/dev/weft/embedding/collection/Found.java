package dev.weft.embedding.collection;

import dev.weft.embedding.vectorstore.Point;
import org.jspecify.annotations.Nullable;

/**
 * A match.
 *
 * @param point what was asked for of it
 * @param score by the collection's metric; higher is nearer
 * @param rerankScore what the reranking model says; null when none was asked, or the point has no text
 */
public record Found(Point point, float score, @Nullable Float rerankScore) {}
