/** What embedding-service answers by gRPC: protobuf to and from the features' words. */
@NullMarked
package dev.weft.embedding.rpc;

import org.jspecify.annotations.NullMarked;
