/** Tests of the package. */
@NullMarked
package dev.weft.embedding.file.postgres;

import org.jspecify.annotations.NullMarked;
