/** The Open Inference Protocol V2 over gRPC: its messages on one side, tensors on the other. */
@NullMarked
package dev.weft.inference.v2;

import org.jspecify.annotations.NullMarked;
