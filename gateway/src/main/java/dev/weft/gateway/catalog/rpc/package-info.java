/** The catalog's gRPC service. */
@NullMarked
package dev.weft.gateway.catalog.rpc;

import org.jspecify.annotations.NullMarked;
