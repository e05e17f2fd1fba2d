package dev.weft.training.runtime.textclassifier.head;

import java.util.ArrayList;
import java.util.List;

/**
 * How good a head is on samples that it has not learned from.
 *
 * @param accuracy share of samples whose best label is right
 * @param macroF1 mean of the labels' F1, of those that have samples
 * @param logLoss mean of minus the logarithm of the right label's probability
 * @param calibrationError how far probabilities are from how often they are right: expected calibration error over {@value #BINS} bins
 * @param perLabel in the labels' order
 * @param confusion [right label][best label], counts; owned, not to be written
 */
public record Evaluation(
        double accuracy,
        double macroF1,
        double logLoss,
        double calibrationError,
        List<LabelFigures> perLabel,
        int[][] confusion) {

    private static final int BINS = 15;

    /**
     * Of one label; what has no denominator is 0.
     *
     * @param precision share of those called so that are so
     * @param recall share of those that are so that are called so
     * @param f1 harmonic mean of both
     * @param support samples that are so
     */
    public record LabelFigures(double precision, double recall, double f1, int support) {}

    public Evaluation {
        perLabel = List.copyOf(perLabel);
    }

    /** Measures the head. */
    public static Evaluation of(LinearHead head, List<Sample> samples) {
        int labels = head.labels();
        int[][] confusion = new int[labels][labels];
        double loss = 0;
        double[] binConfidence = new double[BINS];
        int[] binRight = new int[BINS];
        int right = 0;
        for (Sample sample : samples) {
            double[] logits = head.logits(sample.vector());
            double[] probabilities = Probabilities.of(logits);
            int best = Probabilities.best(probabilities);
            boolean isRight = best == sample.label();
            confusion[sample.label()][best]++;
            loss += Probabilities.loss(logits, sample.label());
            right += isRight ? 1 : 0;
            int bin = Math.min(BINS - 1, (int) (probabilities[best] * BINS));
            binConfidence[bin] += probabilities[best];
            binRight[bin] += isRight ? 1 : 0;
        }
        double error = 0;
        for (int bin = 0; bin < BINS; bin++) {
            error += Math.abs(binConfidence[bin] - binRight[bin]) / samples.size();
        }
        List<LabelFigures> perLabel = new ArrayList<>();
        for (int label = 0; label < labels; label++) {
            perLabel.add(figures(confusion, label));
        }
        double macroF1 = perLabel.stream()
                .filter(figures -> figures.support() > 0)
                .mapToDouble(LabelFigures::f1)
                .average()
                .orElse(0);
        return new Evaluation(
                (double) right / samples.size(), macroF1, loss / samples.size(), error, perLabel, confusion);
    }

    private static LabelFigures figures(int[][] confusion, int label) {
        int right = confusion[label][label];
        int support = 0;
        int called = 0;
        for (int other = 0; other < confusion.length; other++) {
            support += confusion[label][other];
            called += confusion[other][label];
        }
        double precision = called == 0 ? 0 : (double) right / called;
        double recall = support == 0 ? 0 : (double) right / support;
        double f1 = precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall);
        return new LabelFigures(precision, recall, f1, support);
    }
}
