/** What tests run against: tiny models that they write themselves (ONNX files, tokenizers, whole packages), and a real PostgreSQL. */
@NullMarked
package dev.weft.testkit;

import org.jspecify.annotations.NullMarked;
