/** Where embedding-service is, for files, batches and collections. */
@NullMarked
package dev.weft.gateway.embedding;

import org.jspecify.annotations.NullMarked;
