package dev.weft.training.runtime.textclassifier.head;

import dev.weft.kit.error.Failure.InvalidArgument;

/**
 * Logits of a vector: {@code weights · vector + bias}. The softmax of the logits are the classes' probabilities.
 *
 * @param weights [labels][dim]; owned, not to be written
 * @param bias [labels]; owned, not to be written
 */
public record LinearHead(float[][] weights, float[] bias) {

    public LinearHead {
        if (weights.length != bias.length || weights.length < 2) {
            throw new InvalidArgument("head: " + weights.length + " rows of weights and " + bias.length
                    + " biases (expected: as many, at least 2)");
        }
    }

    /** Classes. */
    public int labels() {
        return bias.length;
    }

    /** Of the vectors. */
    public int dim() {
        return weights[0].length;
    }

    /** The vector's logits. */
    public double[] logits(float[] vector) {
        double[] logits = new double[labels()];
        for (int label = 0; label < logits.length; label++) {
            float[] row = weights[label];
            double sum = bias[label];
            for (int d = 0; d < row.length; d++) {
                sum += (double) row[d] * vector[d];
            }
            logits[label] = sum;
        }
        return logits;
    }

    /** The head whose logits are these divided by the temperature. */
    public LinearHead cooled(double temperature) {
        float[][] scaled = new float[labels()][dim()];
        float[] scaledBias = new float[labels()];
        for (int label = 0; label < labels(); label++) {
            for (int d = 0; d < dim(); d++) {
                scaled[label][d] = (float) (weights[label][d] / temperature);
            }
            scaledBias[label] = (float) (bias[label] / temperature);
        }
        return new LinearHead(scaled, scaledBias);
    }
}
