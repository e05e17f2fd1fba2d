/** Tests of the service as a whole: its configuration, the rules of its packages. */
@NullMarked
package dev.weft.training;

import org.jspecify.annotations.NullMarked;
