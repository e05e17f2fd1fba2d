/** Files of clients and of batches, and the port {@code FileStore} for where their bytes lie. A file is never held in memory as a whole. */
@NullMarked
package dev.weft.embedding.file;

import org.jspecify.annotations.NullMarked;
