/** The port {@code VectorStore} and its words: points, metrics, filters. How vectors are kept is for the adapters in the sub-packages. */
@NullMarked
package dev.weft.embedding.vectorstore;

import org.jspecify.annotations.NullMarked;
