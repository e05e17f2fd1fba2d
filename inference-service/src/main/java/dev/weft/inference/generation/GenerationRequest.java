package dev.weft.inference.generation;

import dev.weft.kit.time.Deadline;
import java.util.List;

/**
 * A prompt to continue.
 *
 * @param prompt token ids, at least one; owned by this record and not changed
 * @param maxTokens of the answer, at least one
 * @param stop texts that end the answer and are no part of it; none empty
 * @param deadline after which nobody waits
 */
public record GenerationRequest(
        long[] prompt, SamplingOptions sampling, int maxTokens, List<String> stop, Deadline deadline) {

    public GenerationRequest {
        stop = List.copyOf(stop);
        if (prompt.length == 0 || maxTokens < 1) {
            throw new IllegalArgumentException(prompt.length + " tokens of prompt, " + maxTokens + " of answer");
        }
    }

    /** Positions of the cache that it may come to need. */
    int reservation() {
        return prompt.length + maxTokens;
    }
}
