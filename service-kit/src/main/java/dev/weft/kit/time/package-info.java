/** Deadlines: points in time after which nobody waits any more. */
@NullMarked
package dev.weft.kit.time;

import org.jspecify.annotations.NullMarked;
