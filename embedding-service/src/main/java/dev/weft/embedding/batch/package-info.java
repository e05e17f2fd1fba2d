/**
 * Batches: a file of embedding requests is cut into chunks, which all replicas work on, and whose results are put together in the order of the
 * rows. A row has exactly one answer or one failure, whoever dies meanwhile.
 */
@NullMarked
package dev.weft.embedding.batch;

import org.jspecify.annotations.NullMarked;
