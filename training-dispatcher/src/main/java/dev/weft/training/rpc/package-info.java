/** The gRPC services of this process: protobuf to domain and back, and nothing else. */
@NullMarked
package dev.weft.training.rpc;

import org.jspecify.annotations.NullMarked;
