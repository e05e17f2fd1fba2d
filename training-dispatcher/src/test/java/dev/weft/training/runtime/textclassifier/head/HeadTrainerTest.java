package dev.weft.training.runtime.textclassifier.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HeadTrainerTest {

    private static final int DIM = 16;

    private static HeadTrainer.Settings settings(int epochs, int patience, boolean balanced) {
        return new HeadTrainer.Settings(epochs, patience, 16, 0.02, 0.001, balanced, 1);
    }

    /** Points around a centre of each label. */
    private static List<Sample> cloud(long seed, double spread, int... counts) {
        Random centres = new Random(7);
        Random random = new Random(seed);
        List<Sample> samples = new ArrayList<>();
        for (int label = 0; label < counts.length; label++) {
            double[] centre = new double[DIM];
            for (int d = 0; d < DIM; d++) {
                centre[d] = centres.nextGaussian();
            }
            for (int i = 0; i < counts[label]; i++) {
                float[] vector = new float[DIM];
                for (int d = 0; d < DIM; d++) {
                    vector[d] = (float) (centre[d] + spread * random.nextGaussian()) / 100;
                }
                samples.add(new Sample(vector, label));
            }
        }
        return samples;
    }

    @Test
    void cloudsThatAreApartAreToldApart() {
        List<Sample> held = cloud(3, 0.5, 50, 50, 50);

        HeadTrainer.Trained trained = HeadTrainer.train(
                cloud(1, 0.5, 50, 50, 50), cloud(2, 0.5, 20, 20, 20), 3, settings(100, 10, true), _ -> {});

        Evaluation evaluation = Evaluation.of(trained.head(), held);
        assertThat(evaluation.accuracy()).isGreaterThan(0.98);
        assertThat(evaluation.logLoss()).isLessThan(0.1);
    }

    @Test
    void sameSeedGivesTheSameHead() {
        List<Sample> training = cloud(1, 2, 30, 30, 30);
        List<Sample> validation = cloud(2, 2, 10, 10, 10);

        LinearHead first = HeadTrainer.train(training, validation, 3, settings(20, 5, true), _ -> {})
                .head();
        LinearHead second = HeadTrainer.train(training, validation, 3, settings(20, 5, true), _ -> {})
                .head();

        assertThat(second.weights()).isDeepEqualTo(first.weights());
        assertThat(second.bias()).isEqualTo(first.bias());
    }

    @Test
    void trainingStopsWhenTheValidationLossGrows() {
        List<HeadTrainer.Epoch> epochs = new ArrayList<>();

        HeadTrainer.Trained trained = HeadTrainer.train(
                cloud(1, 4, 20, 20, 20), cloud(2, 4, 20, 20, 20), 3, settings(1_000, 5, true), epochs::add);

        double best = epochs.stream()
                .mapToDouble(HeadTrainer.Epoch::validationLoss)
                .min()
                .orElseThrow();
        assertThat(trained.epochs())
                .isLessThan(1_000)
                .isEqualTo(trained.bestEpoch() + 5)
                .isEqualTo(epochs.size());
        assertThat(epochs.get(trained.bestEpoch() - 1).validationLoss()).isEqualTo(best);
    }

    @Test
    void balancedLabelsCountTheSame() {
        List<Sample> training = cloud(1, 3, 400, 20);
        List<Sample> validation = cloud(2, 3, 100, 5);
        List<Sample> held = cloud(3, 3, 200, 200);

        Evaluation balanced = Evaluation.of(
                HeadTrainer.train(training, validation, 2, settings(100, 10, true), _ -> {})
                        .head(),
                held);
        Evaluation plain = Evaluation.of(
                HeadTrainer.train(training, validation, 2, settings(100, 10, false), _ -> {})
                        .head(),
                held);

        assertThat(balanced.perLabel().get(1).recall())
                .isGreaterThan(plain.perLabel().get(1).recall());
    }

    @Test
    void temperatureMakesAnOverconfidentHeadHonest() {
        List<Sample> samples = cloud(2, 3, 300, 300, 300);
        LinearHead honest = HeadTrainer.train(cloud(1, 3, 300, 300, 300), samples, 3, settings(100, 10, true), _ -> {})
                .head();
        LinearHead overconfident = honest.cooled(0.2);

        double temperature = Temperature.fit(overconfident, samples);

        assertThat(temperature).isCloseTo(5, within(0.1));
        assertThat(Evaluation.of(overconfident.cooled(temperature), samples).calibrationError())
                .isLessThan(Evaluation.of(overconfident, samples).calibrationError());
    }

    @Test
    void figuresAreThoseOfTheBook() {
        LinearHead head = new LinearHead(new float[][] {{-1}, {1}}, new float[] {0, 0});
        List<Sample> samples = List.of(
                new Sample(new float[] {1}, 1),
                new Sample(new float[] {1}, 1),
                new Sample(new float[] {-1}, 1),
                new Sample(new float[] {-1}, 0));

        Evaluation evaluation = Evaluation.of(head, samples);

        double sure = 1 / (1 + Math.exp(-2));
        assertThat(evaluation.accuracy()).isEqualTo(0.75);
        assertThat(evaluation.perLabel())
                .containsExactly(
                        new Evaluation.LabelFigures(0.5, 1, 2.0 / 3, 1),
                        new Evaluation.LabelFigures(1, 2.0 / 3, 0.8, 3));
        assertThat(evaluation.macroF1()).isCloseTo((2.0 / 3 + 0.8) / 2, within(1e-12));
        assertThat(evaluation.logLoss()).isCloseTo(-(3 * Math.log(sure) + Math.log(1 - sure)) / 4, within(1e-12));
        assertThat(evaluation.calibrationError()).isCloseTo(sure - 0.75, within(1e-12));
        assertThat(evaluation.confusion()).isDeepEqualTo(new int[][] {{1, 0}, {1, 2}});
    }
}
