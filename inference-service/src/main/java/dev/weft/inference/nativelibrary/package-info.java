/** Where the native libraries of ONNX Runtime and the tokenizers lie, and what a native executable leaves out of DJL. */
@NullMarked
package dev.weft.inference.nativelibrary;

import org.jspecify.annotations.NullMarked;
