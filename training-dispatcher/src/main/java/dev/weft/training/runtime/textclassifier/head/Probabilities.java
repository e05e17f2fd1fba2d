package dev.weft.training.runtime.textclassifier.head;

/** The softmax, and the loss that goes with it. */
final class Probabilities {

    private Probabilities() {}

    /** Probabilities of logits. */
    static double[] of(double[] logits) {
        double most = max(logits);
        double[] probabilities = new double[logits.length];
        double sum = 0;
        for (int i = 0; i < logits.length; i++) {
            probabilities[i] = Math.exp(logits[i] - most);
            sum += probabilities[i];
        }
        for (int i = 0; i < logits.length; i++) {
            probabilities[i] /= sum;
        }
        return probabilities;
    }

    /** Minus the logarithm of the label's probability, without a detour that would be infinite. */
    static double loss(double[] logits, int label) {
        double most = max(logits);
        double sum = 0;
        for (double logit : logits) {
            sum += Math.exp(logit - most);
        }
        return Math.log(sum) + most - logits[label];
    }

    /** The place of the largest; of equal ones the first. */
    static int best(double[] values) {
        int best = 0;
        for (int i = 1; i < values.length; i++) {
            if (values[i] > values[best]) {
                best = i;
            }
        }
        return best;
    }

    private static double max(double[] values) {
        return values[best(values)];
    }
}
