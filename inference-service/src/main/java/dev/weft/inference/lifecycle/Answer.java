package dev.weft.inference.lifecycle;

import dev.weft.inference.batching.RunTimes;
import dev.weft.inference.modelpackage.ModelId;
import dev.weft.inference.tensor.Tensor;
import java.time.Duration;
import java.util.List;

/**
 * What a model answers, and what that took.
 *
 * @param model which one answered
 * @param outputs the wanted ones, in the wanted order
 * @param tokens of all rows, padding not counted; 0 for raw tensors
 * @param tokenized how long tokenising took
 * @param times waiting and computing
 */
public record Answer(ModelId model, List<Tensor> outputs, long tokens, Duration tokenized, RunTimes times) {}
