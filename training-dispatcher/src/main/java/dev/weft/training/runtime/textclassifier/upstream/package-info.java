/** The adapter over inference-service. */
@NullMarked
package dev.weft.training.runtime.textclassifier.upstream;

import org.jspecify.annotations.NullMarked;
