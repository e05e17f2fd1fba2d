/** The Open Inference Protocol V2 at the door: gRPC passed on as bytes, REST (JSON and the binary tensor extension) translated. */
@NullMarked
package dev.weft.gateway.v2;

import org.jspecify.annotations.NullMarked;
