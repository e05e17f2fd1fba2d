/** What this process computes on: the kind of device, how many cores it may use, which of a package's graphs suits it. */
@NullMarked
package dev.weft.inference.device;

import org.jspecify.annotations.NullMarked;
