/** Tests of the store whose index is in memory. */
@NullMarked
package dev.weft.embedding.vectorstore.embedded;

import org.jspecify.annotations.NullMarked;
