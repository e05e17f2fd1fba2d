/** Tests of the service as a whole, and the rules of the house. */
@NullMarked
package dev.weft.embedding;

import org.jspecify.annotations.NullMarked;
