/** Tests of the models' adapter. */
@NullMarked
package dev.weft.embedding.embedder;

import org.jspecify.annotations.NullMarked;
