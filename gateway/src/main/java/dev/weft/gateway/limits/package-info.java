/** How much each key may be used now: rates, tokens and requests at a time, counted in this process alone. */
@NullMarked
package dev.weft.gateway.limits;

import org.jspecify.annotations.NullMarked;
