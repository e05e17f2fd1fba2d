package dev.weft.training.runtime.textclassifier.head;

import java.util.List;

/**
 * Temperature scaling: the one number by which all logits are divided so that a probability of 0.8 is right in 8 of 10 cases.
 *
 * @see <a href="https://arxiv.org/abs/1706.04599">Guo et al., On Calibration of Modern Neural Networks</a>
 */
final class Temperature {

    /** Beyond these a validation set is too small, or too easy, to tell. */
    private static final double LEAST = 0.05;

    private static final double MOST = 20;
    private static final int STEPS = 60;
    private static final double GOLDEN = (Math.sqrt(5) - 1) / 2;

    private Temperature() {}

    /** The temperature with the least loss. The loss is convex in its inverse, so that a golden-section search finds it. */
    static double fit(LinearHead head, List<Sample> validation) {
        double[][] logits =
                validation.stream().map(sample -> head.logits(sample.vector())).toArray(double[][]::new);
        double low = 1 / MOST;
        double high = 1 / LEAST;
        for (int step = 0; step < STEPS; step++) {
            double left = high - GOLDEN * (high - low);
            double right = low + GOLDEN * (high - low);
            if (loss(logits, validation, left) <= loss(logits, validation, right)) {
                high = right;
            } else {
                low = left;
            }
        }
        return 2 / (low + high);
    }

    private static double loss(double[][] logits, List<Sample> validation, double inverse) {
        double sum = 0;
        for (int i = 0; i < logits.length; i++) {
            double[] scaled = logits[i].clone();
            for (int label = 0; label < scaled.length; label++) {
                scaled[label] *= inverse;
            }
            sum += Probabilities.loss(scaled, validation.get(i).label());
        }
        return sum / logits.length;
    }
}
