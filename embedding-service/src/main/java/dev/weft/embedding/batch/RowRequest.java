package dev.weft.embedding.batch;

import dev.weft.embedding.batch.BatchEmbedder.Input;
import org.jspecify.annotations.Nullable;

/**
 * What one row asks for.
 *
 * @param isSingle whether its input was one text or one list of tokens, rather than a list of them
 * @param dimensions how many of the vectors' first dimensions are wanted; null for all
 * @param base64 whether vectors are written as little-endian float32 in Base64, rather than as numbers
 * @param truncate whether texts over the model's limit are cut rather than refused
 */
record RowRequest(
        String model,
        Input input,
        boolean isSingle,
        @Nullable Integer dimensions,
        boolean base64,
        boolean truncate) {}
