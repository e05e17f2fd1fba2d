package dev.weft.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * The numbers that {@link TinyDecoder} computes with.
 *
 * @param tokens [vocabulary, hidden]
 * @param places [context, hidden]
 * @param layers in their order
 * @param head [hidden, vocabulary]
 * @param bias [vocabulary]
 */
public record TinyWeights(float[][] tokens, float[][] places, List<Layer> layers, float[][] head, float[] bias) {

    /** One layer: query [hidden, hidden], key and value [hidden, kv heads * dim], output and inner [hidden, hidden]. */
    public record Layer(float[][] query, float[][] key, float[][] value, float[][] output, float[][] inner) {}

    /** The same numbers for the same seed, on every machine. */
    public static TinyWeights random(long seed) {
        Random random = new Random(seed);
        int hidden = TinyDecoder.HIDDEN;
        int kv = TinyDecoder.KV_HEADS * TinyDecoder.HEAD_DIM;
        List<Layer> layers = new ArrayList<>();
        for (int layer = 0; layer < TinyDecoder.LAYERS; layer++) {
            layers.add(new Layer(
                    matrix(random, hidden, hidden, 0.21),
                    matrix(random, hidden, kv, 0.21),
                    matrix(random, hidden, kv, 0.21),
                    matrix(random, hidden, hidden, 0.21),
                    matrix(random, hidden, hidden, 0.21)));
        }
        float[] bias = new float[TinyDecoder.VOCABULARY];
        for (int token = 0; token < bias.length; token++) {
            bias[token] = token >= ' ' && token <= '~' ? 0 : -100;
        }
        return new TinyWeights(
                matrix(random, TinyDecoder.VOCABULARY, hidden, 1),
                matrix(random, TinyDecoder.CONTEXT, hidden, 0.5),
                layers,
                matrix(random, hidden, TinyDecoder.VOCABULARY, 0.35),
                bias);
    }

    private static float[][] matrix(Random random, int rows, int columns, double scale) {
        float[][] matrix = new float[rows][columns];
        for (float[] row : matrix) {
            for (int i = 0; i < columns; i++) {
                row[i] = (float) (random.nextGaussian() * scale);
            }
        }
        return matrix;
    }
}
