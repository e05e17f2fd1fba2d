/** Tests of the package. */
@NullMarked
package dev.weft.embedding.file;

import org.jspecify.annotations.NullMarked;
