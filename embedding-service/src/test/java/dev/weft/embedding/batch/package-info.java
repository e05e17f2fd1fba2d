/** Tests of the package. */
@NullMarked
package dev.weft.embedding.batch;

import org.jspecify.annotations.NullMarked;
