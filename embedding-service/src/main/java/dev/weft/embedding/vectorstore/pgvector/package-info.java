/** The store that leaves the index to PostgreSQL's extension pgvector: a table for each collection, HNSW over its vectors. */
@NullMarked
package dev.weft.embedding.vectorstore.pgvector;

import org.jspecify.annotations.NullMarked;
