/** Reranking at the door, in the convention that Cohere's and Jina's clients share; which models can, and where they run, is a port. */
@NullMarked
package dev.weft.gateway.rerank;

import org.jspecify.annotations.NullMarked;
