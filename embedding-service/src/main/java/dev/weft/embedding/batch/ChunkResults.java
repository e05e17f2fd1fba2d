package dev.weft.embedding.batch;

import dev.weft.embedding.file.Blob;
import java.util.Optional;

/**
 * What has come of a chunk.
 *
 * @param output answers, in the rows' order; none where no row has one
 * @param errors failures, likewise
 */
record ChunkResults(Optional<Blob> output, Optional<Blob> errors, int completed, int failed, long tokens) {}
