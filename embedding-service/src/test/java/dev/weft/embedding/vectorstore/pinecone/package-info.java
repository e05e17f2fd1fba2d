/** Tests of the store pinecone. */
@NullMarked
package dev.weft.embedding.vectorstore.pinecone;

import org.jspecify.annotations.NullMarked;
