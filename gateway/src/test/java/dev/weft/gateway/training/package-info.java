/** Tests of the package. */
@NullMarked
package dev.weft.gateway.training;

import org.jspecify.annotations.NullMarked;
