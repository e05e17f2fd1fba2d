/** Bytes in PostgreSQL, which every replica reaches. */
@NullMarked
package dev.weft.embedding.file.postgres;

import org.jspecify.annotations.NullMarked;
