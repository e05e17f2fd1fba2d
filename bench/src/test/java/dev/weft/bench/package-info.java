/** Tests of what the benchmark calculates; that its scenarios run is seen when they are run. */
@NullMarked
package dev.weft.bench;

import org.jspecify.annotations.NullMarked;
