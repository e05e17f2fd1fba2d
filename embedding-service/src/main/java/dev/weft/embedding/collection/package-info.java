/** Collections: what they are called, what embeds their texts, where their points are; texts become vectors here, and answers are reranked. */
@NullMarked
package dev.weft.embedding.collection;

import org.jspecify.annotations.NullMarked;
