package dev.weft.inference.generation;

import dev.weft.kit.error.Failure.Internal;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Chooses the tokens of one sequence: penalties, then temperature, then top_k, then top_p, in transformers' order. Not thread-safe.
 *
 * @see <a href="https://arxiv.org/abs/1904.09751">Holtzman et al., nucleus sampling</a>
 * @see <a href="https://arxiv.org/abs/1909.05858">Keskar et al., repetition penalty</a>
 */
final class Sampler {

    private final SamplingOptions options;
    private final SplittableRandom random;

    /** Tokens of prompt and answer, with how often they occur in the answer. */
    private final Map<Integer, Integer> occurrences = new HashMap<>();

    Sampler(SamplingOptions options, long[] prompt) {
        this.options = options;
        this.random = new SplittableRandom(options.seed());
        for (long token : prompt) {
            occurrences.put((int) token, 0);
        }
    }

    /**
     * The next token.
     *
     * @param logits one per token of the vocabulary; changed by this call
     * @throws Internal when they are no numbers
     */
    int next(float[] logits) {
        penalise(logits);
        int token = options.temperature() == 0 ? likeliest(logits) : sample(logits);
        occurrences.merge(token, 1, Integer::sum);
        return token;
    }

    private void penalise(float[] logits) {
        boolean none =
                options.repetitionPenalty() == 1 && options.frequencyPenalty() == 0 && options.presencePenalty() == 0;
        if (none) {
            return;
        }
        occurrences.forEach((token, count) -> {
            if (token < logits.length) {
                double logit = logits[token];
                double penalty = options.repetitionPenalty();
                logit = logit > 0 ? logit / penalty : logit * penalty;
                logit -= count * options.frequencyPenalty() + (count > 0 ? options.presencePenalty() : 0);
                logits[token] = (float) logit;
            }
        });
    }

    /** Of equal ones the lowest id, as argmax does everywhere. */
    private static int likeliest(float[] logits) {
        int best = 0;
        for (int token = 1; token < logits.length; token++) {
            if (logits[token] > logits[best]) {
                best = token;
            }
        }
        if (!Float.isFinite(logits[best])) {
            throw notNumbers();
        }
        return best;
    }

    private int sample(float[] logits) {
        float greatest = logits[likeliest(logits)];
        if (options.topK() == 0 && options.topP() == 1) {
            return sampleAll(logits, greatest);
        }
        boolean limited = options.topK() > 0 && options.topK() < logits.length;
        double all = limited ? 0 : sum(logits, greatest);
        long[] candidates = limited ? greatestKeys(logits, options.topK()) : keysOver(logits, greatest, all);
        Arrays.sort(candidates);
        double[] weights = new double[candidates.length];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = weight(logits[token(candidates[candidates.length - 1 - i])], greatest);
        }
        // What top_k drops is no part of the whole that top_p is a share of; what is too small to be sorted is.
        int kept = nucleus(weights, limited ? Arrays.stream(weights).sum() : all);
        return token(candidates[candidates.length - 1 - pick(weights, kept)]);
    }

    private double weight(float logit, float greatest) {
        return Math.exp(((double) logit - greatest) / options.temperature());
    }

    private int sampleAll(float[] logits, float greatest) {
        double[] weights = new double[logits.length];
        for (int token = 0; token < logits.length; token++) {
            weights[token] = weight(logits[token], greatest);
        }
        return pick(weights, weights.length);
    }

    private double sum(float[] logits, float greatest) {
        double sum = 0;
        for (float logit : logits) {
            sum += weight(logit, greatest);
        }
        return sum;
    }

    /** How many of the weights, greatest first, are needed to reach top_p of the sum. */
    private int nucleus(double[] weights, double sum) {
        double reached = 0;
        for (int i = 0; i < weights.length; i++) {
            reached += weights[i];
            if (reached >= options.topP() * sum) {
                return i + 1;
            }
        }
        return weights.length;
    }

    private int pick(double[] weights, int count) {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += weights[i];
        }
        if (!(sum > 0 && sum < Double.POSITIVE_INFINITY)) {
            throw notNumbers();
        }
        double point = random.nextDouble() * sum;
        int last = 0;
        for (int i = 0; i < count; i++) {
            if (weights[i] > 0) {
                last = i;
                point -= weights[i];
                if (point < 0) {
                    break;
                }
            }
        }
        return last;
    }

    /**
     * Tokens that top_p may keep. One whose share is below (1 - top_p) / vocabulary is never needed: all such tokens together do not
     * make up 1 - top_p. So that a vocabulary of 150,000 need not be sorted for each token.
     */
    private long[] keysOver(float[] logits, float greatest, double sum) {
        double least = (1 - options.topP()) / logits.length * sum;
        long[] keys = new long[logits.length];
        int count = 0;
        for (int token = 0; token < logits.length; token++) {
            if (weight(logits[token], greatest) >= least) {
                keys[count++] = key(logits[token], token);
            }
        }
        return Arrays.copyOf(keys, count);
    }

    /** The k greatest, kept in a heap whose root is the least of them. */
    private static long[] greatestKeys(float[] logits, int k) {
        long[] heap = new long[k];
        Arrays.fill(heap, Long.MIN_VALUE);
        for (int token = 0; token < logits.length; token++) {
            long key = key(logits[token], token);
            if (key > heap[0]) {
                int hole = 0;
                for (int child = 1; child < k; child = 2 * hole + 1) {
                    if (child + 1 < k && heap[child + 1] < heap[child]) {
                        child++;
                    }
                    if (heap[child] >= key) {
                        break;
                    }
                    heap[hole] = heap[child];
                    hole = child;
                }
                heap[hole] = key;
            }
        }
        return heap;
    }

    /** Orders by logit, and equal ones by id, the lowest last. */
    private static long key(float logit, int token) {
        int bits = Float.floatToIntBits(logit);
        int ordered = bits ^ ((bits >> 31) & Integer.MAX_VALUE);
        return ((long) ordered << 32) | (0xFFFFFFFFL - token);
    }

    private static int token(long key) {
        return (int) (0xFFFFFFFFL - (key & 0xFFFFFFFFL));
    }

    private static Internal notNumbers() {
        return new Internal("the model's logits are no finite numbers", null);
    }
}
