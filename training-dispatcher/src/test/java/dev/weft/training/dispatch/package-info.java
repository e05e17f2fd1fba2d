/** Tests of the reconciler: with a backend that remembers, with crashes at every instruction, and with real processes that are killed. */
@NullMarked
package dev.weft.training.dispatch;

import org.jspecify.annotations.NullMarked;
