/** Bytes in a folder, which all replicas must share. */
@NullMarked
package dev.weft.embedding.file.disk;

import org.jspecify.annotations.NullMarked;
