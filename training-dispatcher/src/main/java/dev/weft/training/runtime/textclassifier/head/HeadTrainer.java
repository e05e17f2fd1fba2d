package dev.weft.training.runtime.textclassifier.head;

import com.oracle.labs.mlrg.olcut.util.Pair;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.tribuo.classification.sgd.objectives.LogMulticlass;
import org.tribuo.math.LinearParameters;
import org.tribuo.math.la.DenseMatrix;
import org.tribuo.math.la.DenseVector;
import org.tribuo.math.la.SGDVector;
import org.tribuo.math.la.Tensor;
import org.tribuo.math.optimisers.AdaGrad;

/**
 * Multinomial logistic regression: Tribuo's linear parameters, objective and AdaGrad, in an epoch loop of our own, since Tribuo's trainer
 * neither weights classes nor stops by a validation set. Its Adam is of no use: up to 4.3.2 it multiplies by the root of the second moment
 * where it should divide, and hardly moves. Used once, by one thread; the same samples and settings give the same head.
 */
public final class HeadTrainer {

    private static final double EPSILON = 1e-8;

    private final Settings settings;
    private final int labels;
    private final int dim;
    private final double scale;
    private final double[] classWeights;
    private final LogMulticlass objective = new LogMulticlass();
    private final LinearParameters parameters;
    private final AdaGrad optimiser;

    /**
     * How to train.
     *
     * @param epochs at most
     * @param patience epochs without a better validation loss before training stops
     * @param batchSize examples of one step
     * @param learningRate of AdaGrad
     * @param l2 weight of half the squared weights in the loss
     * @param balanced whether each label counts the same, however many examples it has
     * @param seed of the order of examples
     */
    public record Settings(
            int epochs, int patience, int batchSize, double learningRate, double l2, boolean balanced, long seed) {}

    /**
     * What an epoch came to.
     *
     * @param epoch from 1
     * @param loss of the training set, while it was learned
     * @param validationLoss after it, weighted as the training set's
     * @param validationAccuracy after it
     */
    public record Epoch(int epoch, double loss, double validationLoss, double validationAccuracy) {}

    /** Is told of each epoch. */
    public interface Progress {
        /** An epoch has ended. */
        void epoch(Epoch epoch);
    }

    /**
     * What came out.
     *
     * @param head of the best epoch, calibrated
     * @param bestEpoch whose weights the head has
     * @param epochs that were computed
     * @param temperature that the weights are divided by
     */
    public record Trained(LinearHead head, int bestEpoch, int epochs, double temperature) {}

    private HeadTrainer(List<Sample> training, int labels, Settings settings) {
        this.settings = settings;
        this.labels = labels;
        dim = training.getFirst().vector().length;
        scale = scale(training);
        classWeights = classWeights(training, labels, settings.balanced());
        parameters = new LinearParameters(dim + 1, labels); // the last one is the bias
        optimiser = new AdaGrad(settings.learningRate(), EPSILON);
        optimiser.initialise(parameters);
    }

    /**
     * Trains until the validation loss has not become better for a while, and keeps the best.
     *
     * @param training at least one sample of each label
     * @param validation at least one sample
     * @param labels how many there are
     */
    public static Trained train(
            List<Sample> training, List<Sample> validation, int labels, Settings settings, Progress progress) {
        return new HeadTrainer(training, labels, settings).run(training, validation, progress);
    }

    /** Vectors of length 1 need large weights, which the optimiser's steps would take long to reach; scaled so, components are about 1. */
    private static double scale(List<Sample> training) {
        double squares = 0;
        long count = 0;
        for (Sample sample : training) {
            for (float value : sample.vector()) {
                squares += (double) value * value;
                count++;
            }
        }
        return squares == 0 ? 1 : Math.sqrt(count / squares);
    }

    private static double[] classWeights(List<Sample> training, int labels, boolean balanced) {
        double[] weights = new double[labels];
        Arrays.fill(weights, 1);
        if (balanced) {
            int[] counts = new int[labels];
            training.forEach(sample -> counts[sample.label()]++);
            for (int label = 0; label < labels; label++) {
                weights[label] = training.size() / ((double) labels * Math.max(1, counts[label]));
            }
        }
        return weights;
    }

    private Trained run(List<Sample> training, List<Sample> validation, Progress progress) {
        DenseVector[] features = features(training);
        DenseVector[] held = features(validation);
        int[] order = new int[features.length];
        Arrays.setAll(order, i -> i);
        Random random = new Random(settings.seed());
        double best = Double.POSITIVE_INFINITY;
        int bestEpoch = 0;
        int epoch = 0;
        LinearHead head = head();
        while (epoch < settings.epochs() && epoch - bestEpoch < settings.patience()) {
            epoch++;
            shuffle(order, random);
            double loss = 0;
            for (int start = 0; start < order.length; start += settings.batchSize()) {
                int end = Math.min(order.length, start + settings.batchSize());
                loss += step(features, training, Arrays.copyOfRange(order, start, end));
            }
            Epoch ended = measured(epoch, loss / order.length, held, validation);
            progress.epoch(ended);
            if (ended.validationLoss() < best) {
                best = ended.validationLoss();
                bestEpoch = epoch;
                head = head();
            }
        }
        double temperature = Temperature.fit(head, validation);
        return new Trained(head.cooled(temperature), bestEpoch, epoch, temperature);
    }

    private DenseVector[] features(List<Sample> samples) {
        DenseVector[] features = new DenseVector[samples.size()];
        for (int i = 0; i < features.length; i++) {
            double[] values = new double[dim + 1];
            float[] vector = samples.get(i).vector();
            for (int d = 0; d < dim; d++) {
                values[d] = vector[d] * scale;
            }
            values[dim] = 1;
            features[i] = DenseVector.createDenseVector(values);
        }
        return features;
    }

    private static void shuffle(int[] order, Random random) {
        for (int i = order.length - 1; i > 0; i--) {
            int other = random.nextInt(i + 1);
            int moved = order[i];
            order[i] = order[other];
            order[other] = moved;
        }
    }

    /** One step along the batch's mean gradient; the batch's summed loss. */
    private double step(DenseVector[] features, List<Sample> samples, int[] batch) {
        double[][] gradient = new double[labels][dim + 1];
        double loss = 0;
        for (int i : batch) {
            int label = samples.get(i).label();
            double weight = classWeights[label];
            // Tribuo climbs: the value is the log-likelihood, and the gradient points to more of it.
            Pair<Double, SGDVector> value = objective.lossAndGradient(label, parameters.predict(features[i]));
            loss -= weight * value.getA();
            double[] vector = features[i].toArray();
            for (int row = 0; row < labels; row++) {
                double factor = weight * value.getB().get(row) / batch.length;
                double[] sums = gradient[row];
                for (int d = 0; d < vector.length; d++) {
                    sums[d] += factor * vector[d];
                }
            }
        }
        DenseMatrix weights = parameters.getWeightMatrix();
        for (int row = 0; row < labels; row++) {
            for (int d = 0; d < dim; d++) {
                gradient[row][d] -= settings.l2() * weights.get(row, d);
            }
        }
        parameters.update(optimiser.step(new Tensor[] {DenseMatrix.createDenseMatrix(gradient)}, 1));
        return loss;
    }

    private Epoch measured(int epoch, double loss, DenseVector[] held, List<Sample> validation) {
        double validationLoss = 0;
        int right = 0;
        for (int i = 0; i < held.length; i++) {
            int label = validation.get(i).label();
            double[] logits = parameters.predict(held[i]).toArray();
            validationLoss += classWeights[label] * Probabilities.loss(logits, label);
            right += Probabilities.best(logits) == label ? 1 : 0;
        }
        return new Epoch(epoch, loss, validationLoss / held.length, (double) right / held.length);
    }

    /** The weights as they are now, for vectors that are not scaled. */
    private LinearHead head() {
        DenseMatrix matrix = parameters.getWeightMatrix();
        float[][] weights = new float[labels][dim];
        float[] bias = new float[labels];
        for (int label = 0; label < labels; label++) {
            for (int d = 0; d < dim; d++) {
                weights[label][d] = (float) (matrix.get(label, d) * scale);
            }
            bias[label] = (float) matrix.get(label, dim);
        }
        return new LinearHead(weights, bias);
    }
}
