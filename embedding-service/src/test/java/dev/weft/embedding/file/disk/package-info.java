/** Tests of the package. */
@NullMarked
package dev.weft.embedding.file.disk;

import org.jspecify.annotations.NullMarked;
