/** Collections at the door: JSON to messages and back; embedding-service does what is asked. */
@NullMarked
package dev.weft.gateway.collections;

import org.jspecify.annotations.NullMarked;
