/** The service's entry; what it does lies in the packages below. */
@NullMarked
package dev.weft.training;

import org.jspecify.annotations.NullMarked;
