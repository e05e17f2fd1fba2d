/** Measures the same work at each layer of the mesh, in one run on one machine, so that the ratios mean something. */
@NullMarked
package dev.weft.bench;

import org.jspecify.annotations.NullMarked;
