/** OpenAI's files and batches, and the ports to whoever keeps and works on them. What a batch does is embedding-service's matter. */
@NullMarked
package dev.weft.gateway.batches;

import org.jspecify.annotations.NullMarked;
