/** Tests of the services over gRPC. */
@NullMarked
package dev.weft.training.rpc;

import org.jspecify.annotations.NullMarked;
