/** Tests of the store pgvector. */
@NullMarked
package dev.weft.embedding.vectorstore.pgvector;

import org.jspecify.annotations.NullMarked;
