/**
 * Who computes next, and with whom: bounded queues, priorities, batches of rows of similar length. Knows neither ONNX Runtime nor
 * gRPC; what a row is and how a batch is computed is its callers' business.
 */
@NullMarked
package dev.weft.inference.batching;

import org.jspecify.annotations.NullMarked;
