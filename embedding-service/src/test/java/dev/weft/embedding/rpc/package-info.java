/** Tests of the package. */
@NullMarked
package dev.weft.embedding.rpc;

import org.jspecify.annotations.NullMarked;
