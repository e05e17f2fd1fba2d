/** Tests with real processes. */
@NullMarked
package dev.weft.training.backend.local;

import org.jspecify.annotations.NullMarked;
