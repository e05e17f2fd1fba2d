/** Classification at the door: labels of texts and entities in them, in Weft's own form; where the models run is a port. */
@NullMarked
package dev.weft.gateway.classify;

import org.jspecify.annotations.NullMarked;
