/**
 * The store that is Pinecone, by its REST API. Collections of one dimension and metric share an index, each in a namespace of its own.
 *
 * @see <a href="https://docs.pinecone.io/reference/api">Pinecone's API</a>
 */
@NullMarked
package dev.weft.embedding.vectorstore.pinecone;

import org.jspecify.annotations.NullMarked;
