/**
 * The reconciler: looks at what is wanted of a job and at how its run is doing, and takes one step from the one to the other. Several dispatchers do so
 * at once. A step can be interrupted anywhere; the next one looks again and goes on.
 */
@NullMarked
package dev.weft.training.dispatch;

import org.jspecify.annotations.NullMarked;
