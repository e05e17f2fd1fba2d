/** The commands of {@code ./weft} that deal with a running mesh. */
@NullMarked
package dev.weft.local.cli;

import org.jspecify.annotations.NullMarked;
