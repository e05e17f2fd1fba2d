/** Stores that another service has, by gRPC. */
@NullMarked
package dev.weft.store.rpc;

import org.jspecify.annotations.NullMarked;
