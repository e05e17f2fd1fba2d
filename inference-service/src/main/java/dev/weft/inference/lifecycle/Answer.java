package dev.weft.inference.lifecycle;

import dev.weft.inference.batching.RunTimes;
import dev.weft.inference.modelpackage.ModelId;
import dev.weft.inference.tensor.Tensor;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What a model answers, or a piece of it.
 *
 * @param model which one answered
 * @param outputs the wanted ones, in the wanted order
 * @param effort what that took; empty for generated text, which shares its runs with others
 * @param generated what a generated text came to; empty before its end
 */
public record Answer(ModelId model, List<Tensor> outputs, Optional<Effort> effort, Optional<Generated> generated) {

    /** An answer of ready tensors. */
    public Answer(ModelId model, List<Tensor> outputs, Optional<Effort> effort) {
        this(model, outputs, effort, Optional.empty());
    }

    /**
     * What an answer took.
     *
     * @param tokens of all rows, padding not counted; 0 for raw tensors
     * @param tokenized how long tokenising took
     * @param times waiting and computing
     */
    public record Effort(long tokens, Duration tokenized, RunTimes times) {}

    /** The tokens of a text that has ended. */
    public record Generated(long promptTokens, long completionTokens) {}
}
