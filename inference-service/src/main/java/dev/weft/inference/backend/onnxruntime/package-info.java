/** The backend that runs ONNX graphs in this process; the only importer of ONNX Runtime. */
@NullMarked
package dev.weft.inference.backend.onnxruntime;

import org.jspecify.annotations.NullMarked;
