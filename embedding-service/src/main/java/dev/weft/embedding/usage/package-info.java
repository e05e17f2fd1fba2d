/**
 * What models have done here: for calls it is told in their trailers, for batches, which nobody waits for, it is kept until the gateway has added it
 * to the usage of their owners.
 */
@NullMarked
package dev.weft.embedding.usage;

import org.jspecify.annotations.NullMarked;
