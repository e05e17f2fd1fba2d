package dev.weft.inference.generation;

import dev.weft.kit.error.Failure.InvalidArgument;

/**
 * How tokens are chosen.
 *
 * @param temperature 0 takes the likeliest token; otherwise logits are divided by it; at most 2
 * @param topP the smallest set of tokens whose probabilities reach it is chosen from; over 0, at most 1
 * @param topK how many of the likeliest tokens are chosen from; 0 is all
 * @param repetitionPenalty divides the logits, where positive, of tokens that occur in prompt or answer; over 0; 1 changes nothing
 * @param frequencyPenalty is taken from a token's logit for each time it occurs in the answer; -2 to 2
 * @param presencePenalty is taken from a token's logit once it occurs in the answer; -2 to 2
 * @param seed of the choice; the same seed gives the same answer, whichever other sequences are computed with it
 */
public record SamplingOptions(
        double temperature,
        double topP,
        int topK,
        double repetitionPenalty,
        double frequencyPenalty,
        double presencePenalty,
        long seed) {

    public SamplingOptions {
        // Written so that NaN fails too.
        check(temperature >= 0 && temperature <= 2, "temperature", temperature, "0 to 2");
        check(topP > 0 && topP <= 1, "top_p", topP, "over 0, at most 1");
        check(topK >= 0, "top_k", topK, "0 for all tokens, or more");
        check(
                repetitionPenalty > 0 && repetitionPenalty <= 100,
                "repetition_penalty",
                repetitionPenalty,
                "over 0, at most 100");
        check(frequencyPenalty >= -2 && frequencyPenalty <= 2, "frequency_penalty", frequencyPenalty, "-2 to 2");
        check(presencePenalty >= -2 && presencePenalty <= 2, "presence_penalty", presencePenalty, "-2 to 2");
    }

    /** Always the likeliest token. */
    public static SamplingOptions greedy() {
        return new SamplingOptions(0, 1, 0, 1, 0, 0, 0);
    }

    private static void check(boolean valid, String name, Number value, String expected) {
        if (!valid) {
            throw new InvalidArgument("parameters." + name + ": " + value + " (expected: " + expected + ")");
        }
    }
}
