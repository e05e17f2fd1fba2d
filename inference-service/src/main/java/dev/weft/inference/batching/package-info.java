/** Who computes next: bounded queues in front of the sessions. Knows neither ONNX Runtime nor gRPC. */
@NullMarked
package dev.weft.inference.batching;

import org.jspecify.annotations.NullMarked;
