/** ONNX files as messages: reading what a graph declares, and writing it with more nodes at its end. Weights are copied, not understood. */
@NullMarked
package dev.weft.training.runtime.textclassifier.onnx;

import org.jspecify.annotations.NullMarked;
