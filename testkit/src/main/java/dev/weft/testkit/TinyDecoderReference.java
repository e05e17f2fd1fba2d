package dev.weft.testkit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** {@link TinyDecoder} in plain Java, in double precision and without a cache: what the graph's answers are compared with. */
public final class TinyDecoderReference {

    private final TinyWeights weights;
    private final boolean halfCache;

    TinyDecoderReference(TinyWeights weights, boolean halfCache) {
        this.weights = weights;
        this.halfCache = halfCache;
    }

    /** What follows those tokens when always the likeliest one is taken. */
    public List<Integer> greedy(List<Integer> prompt, int count) {
        List<Integer> all = new ArrayList<>(prompt);
        for (int i = 0; i < count; i++) {
            double[] logits = logits(all);
            int best = 0;
            for (int token = 1; token < logits.length; token++) {
                if (logits[token] > logits[best]) {
                    best = token;
                }
            }
            all.add(best);
        }
        return List.copyOf(all.subList(prompt.size(), all.size()));
    }

    /** The logits behind the last of those tokens. */
    public double[] logits(List<Integer> tokens) {
        int length = tokens.size();
        double[][] x = new double[length][TinyDecoder.HIDDEN];
        for (int t = 0; t < length; t++) {
            for (int i = 0; i < TinyDecoder.HIDDEN; i++) {
                x[t][i] = (double) weights.tokens()[tokens.get(t)][i] + weights.places()[t][i];
            }
        }
        for (TinyWeights.Layer layer : weights.layers()) {
            x = layer(x, layer);
        }
        double[] logits = times(x[length - 1], weights.head());
        for (int token = 0; token < logits.length; token++) {
            logits[token] += weights.bias()[token];
        }
        return logits;
    }

    private double[][] layer(double[][] x, TinyWeights.Layer layer) {
        int length = x.length;
        double[][] keys = new double[length][];
        double[][] values = new double[length][];
        for (int t = 0; t < length; t++) {
            keys[t] = stored(times(x[t], layer.key()));
            values[t] = stored(times(x[t], layer.value()));
        }
        double[][] next = new double[length][];
        for (int t = 0; t < length; t++) {
            double[] attended = attend(times(x[t], layer.query()), keys, values, t);
            double[] residual = plus(x[t], times(attended, layer.output()));
            double[] inner = times(residual, layer.inner());
            for (int i = 0; i < inner.length; i++) {
                inner[i] = Math.tanh(inner[i]);
            }
            next[t] = plus(residual, inner);
        }
        return next;
    }

    private static double[] attend(double[] query, double[][] keys, double[][] values, int last) {
        int dim = TinyDecoder.HEAD_DIM;
        double[] result = new double[TinyDecoder.HIDDEN];
        for (int head = 0; head < TinyDecoder.HEADS; head++) {
            int kv = head * TinyDecoder.KV_HEADS / TinyDecoder.HEADS * dim;
            double[] weights = softmax(scores(query, keys, head * dim, kv, last));
            for (int t = 0; t <= last; t++) {
                for (int d = 0; d < dim; d++) {
                    result[head * dim + d] += weights[t] * values[t][kv + d];
                }
            }
        }
        return result;
    }

    private static double[] scores(double[] query, double[][] keys, int queryStart, int keyStart, int last) {
        double[] scores = new double[last + 1];
        for (int t = 0; t <= last; t++) {
            for (int d = 0; d < TinyDecoder.HEAD_DIM; d++) {
                scores[t] += query[queryStart + d] * keys[t][keyStart + d] / Math.sqrt(TinyDecoder.HEAD_DIM);
            }
        }
        return scores;
    }

    private static double[] softmax(double[] scores) {
        double greatest = Arrays.stream(scores).max().orElseThrow();
        double[] weights =
                Arrays.stream(scores).map(score -> Math.exp(score - greatest)).toArray();
        double sum = Arrays.stream(weights).sum();
        return Arrays.stream(weights).map(weight -> weight / sum).toArray();
    }

    private double[] stored(double[] row) {
        if (halfCache) {
            for (int i = 0; i < row.length; i++) {
                row[i] = Float.float16ToFloat(Float.floatToFloat16((float) row[i]));
            }
        }
        return row;
    }

    private static double[] times(double[] row, float[][] matrix) {
        double[] result = new double[matrix[0].length];
        for (int i = 0; i < row.length; i++) {
            for (int j = 0; j < result.length; j++) {
                result[j] += row[i] * matrix[i][j];
            }
        }
        return result;
    }

    private static double[] plus(double[] a, double[] b) {
        double[] sum = new double[a.length];
        for (int i = 0; i < sum.length; i++) {
            sum[i] = a[i] + b[i];
        }
        return sum;
    }
}
