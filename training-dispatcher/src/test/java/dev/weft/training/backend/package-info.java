/** What every backend keeps, as tests. */
@NullMarked
package dev.weft.training.backend;

import org.jspecify.annotations.NullMarked;
