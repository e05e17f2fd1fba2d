/** Named, shaped data as the Open Inference Protocol knows it; no protocol, no runtime. */
@NullMarked
package dev.weft.inference.tensor;

import org.jspecify.annotations.NullMarked;
