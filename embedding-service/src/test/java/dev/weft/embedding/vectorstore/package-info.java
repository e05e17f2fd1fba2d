/** The contract of vector stores, and tests of the port's values. */
@NullMarked
package dev.weft.embedding.vectorstore;

import org.jspecify.annotations.NullMarked;
