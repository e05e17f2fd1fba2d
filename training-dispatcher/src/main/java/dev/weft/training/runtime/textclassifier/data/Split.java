package dev.weft.training.runtime.textclassifier.data;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * Examples to learn from, and examples to decide by when to stop.
 *
 * @param training at least one of each label
 * @param validation at least one of each label
 */
public record Split(List<LabelledText> training, List<LabelledText> validation) {

    /**
     * Splits each label's examples by the same share, at random.
     *
     * @param share of validation, in (0, 1)
     * @param seed the same seed and data give the same split
     */
    public static Split stratified(Dataset data, double share, long seed) {
        Map<String, List<LabelledText>> byLabel = new TreeMap<>();
        for (LabelledText example : data.examples()) {
            byLabel.computeIfAbsent(example.label(), _ -> new ArrayList<>()).add(example);
        }
        Random random = new Random(seed);
        List<LabelledText> training = new ArrayList<>();
        List<LabelledText> validation = new ArrayList<>();
        for (List<LabelledText> examples : byLabel.values()) {
            shuffle(examples, random);
            int held = Math.clamp(Math.round(share * examples.size()), 1, examples.size() - 1);
            validation.addAll(examples.subList(0, held));
            training.addAll(examples.subList(held, examples.size()));
        }
        training.sort(Comparator.comparingInt(LabelledText::line));
        validation.sort(Comparator.comparingInt(LabelledText::line));
        return new Split(training, validation);
    }

    private static void shuffle(List<LabelledText> examples, Random random) {
        for (int i = examples.size() - 1; i > 0; i--) {
            int other = random.nextInt(i + 1);
            LabelledText moved = examples.get(i);
            examples.set(i, examples.get(other));
            examples.set(other, moved);
        }
    }
}
