/** Real, tiny models that tests write themselves: ONNX files, tokenizers and whole model packages. */
@NullMarked
package dev.weft.testkit;

import org.jspecify.annotations.NullMarked;
