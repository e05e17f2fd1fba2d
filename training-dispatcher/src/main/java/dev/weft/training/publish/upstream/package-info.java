/** The catalog over gRPC. */
@NullMarked
package dev.weft.training.publish.upstream;

import org.jspecify.annotations.NullMarked;
