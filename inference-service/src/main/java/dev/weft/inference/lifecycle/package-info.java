/** Which models this replica has, and in which state: loading, serving, replacing, unloading. Composes package, pipeline, queue and backend. */
@NullMarked
package dev.weft.inference.lifecycle;

import org.jspecify.annotations.NullMarked;
