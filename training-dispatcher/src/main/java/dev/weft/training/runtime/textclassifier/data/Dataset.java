package dev.weft.training.runtime.textclassifier.data;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Examples that can be learned from: at least two labels, at least two different texts of each, no text twice.
 *
 * @param labels sorted; their places are the classes' numbers
 * @param examples in the file's order
 * @param findings what was left out
 */
public record Dataset(List<String> labels, List<LabelledText> examples, Findings findings) {

    /** Classes beyond this are a list of names rather than of kinds; the head would be larger than the encoder. */
    private static final int MAX_LABELS = 5_000;

    /** How many cases a message lists. */
    private static final int SHOWN = 5;

    public Dataset {
        labels = List.copyOf(labels);
        examples = List.copyOf(examples);
    }

    /**
     * What was wrong with the data, though not too wrong to train.
     *
     * @param rows that were read
     * @param duplicates rows whose text and label had come before; left out
     * @param contradictions texts that came with several labels, with their lines; all of their rows are left out, since nobody knows which is
     *     right
     */
    public record Findings(int rows, int duplicates, List<String> contradictions) {
        public Findings {
            contradictions = List.copyOf(contradictions);
        }
    }

    /**
     * Makes a data set of what was read.
     *
     * @param name of the file, for messages
     * @throws InvalidArgument when there is nothing to learn: no rows, one label, labels of one text
     */
    public static Dataset of(String name, List<LabelledText> rows) {
        Distinct distinct = distinct(rows);
        Map<String, Long> counts = distinct.examples().stream()
                .collect(Collectors.groupingBy(LabelledText::label, TreeMap::new, Collectors.counting()));
        if (counts.isEmpty()) {
            throw new InvalidArgument(name + ": no examples (expected: rows of text and label)");
        }
        if (counts.size() == 1) {
            throw new InvalidArgument(
                    name + ": one label, '" + counts.keySet().iterator().next()
                            + "' (expected: at least two, or there is nothing to tell apart)");
        }
        if (counts.size() > MAX_LABELS) {
            throw new InvalidArgument(name + ": " + counts.size() + " labels (expected: at most " + MAX_LABELS
                    + "; are text and label exchanged?)");
        }
        List<String> single = distinct.examples().stream()
                .filter(example -> counts.getOrDefault(example.label(), 0L) == 1)
                .map(example -> "'" + example.label() + "' (line " + example.line() + ")")
                .toList();
        if (!single.isEmpty()) {
            throw new InvalidArgument(name + ": labels with one text: " + shown(single)
                    + " (expected: at least two different texts of each label, one to learn from and one to check)");
        }
        return new Dataset(
                List.copyOf(counts.keySet()),
                distinct.examples(),
                new Findings(rows.size(), distinct.duplicates(), distinct.contradictions()));
    }

    /**
     * Texts to measure with, whose labels the data set has.
     *
     * @param name of the file, for messages
     * @throws InvalidArgument when there are none, or labels that were not learned
     */
    public List<LabelledText> heldOut(String name, List<LabelledText> rows) {
        if (rows.isEmpty()) {
            throw new InvalidArgument(name + ": no examples (expected: rows of text and label)");
        }
        for (LabelledText row : rows) {
            if (!labels.contains(row.label())) {
                throw new InvalidArgument(name + ": line " + row.line() + ": label '" + row.label()
                        + "' (expected: one that the training data has)");
            }
        }
        return distinct(rows).examples();
    }

    /** Held-out texts that are in the training data too, which makes figures better than they are. */
    public List<LabelledText> seenBefore(List<LabelledText> heldOut) {
        Collection<String> known = examples.stream().map(Dataset::key).collect(Collectors.toSet());
        return heldOut.stream().filter(example -> known.contains(key(example))).toList();
    }

    private record Distinct(List<LabelledText> examples, int duplicates, List<String> contradictions) {}

    private static Distinct distinct(List<LabelledText> rows) {
        Map<String, List<LabelledText>> byText = new LinkedHashMap<>();
        for (LabelledText row : rows) {
            byText.computeIfAbsent(key(row), _ -> new ArrayList<>()).add(row);
        }
        List<LabelledText> examples = new ArrayList<>();
        List<String> contradictions = new ArrayList<>();
        int duplicates = 0;
        for (List<LabelledText> same : byText.values()) {
            if (same.stream().map(LabelledText::label).distinct().count() > 1) {
                contradictions.add("'" + abbreviated(same.getFirst().text()) + "': "
                        + same.stream()
                                .map(row -> row.label() + " (line " + row.line() + ")")
                                .collect(Collectors.joining(", ")));
            } else {
                examples.add(same.getFirst());
                duplicates += same.size() - 1;
            }
        }
        return new Distinct(examples, duplicates, contradictions);
    }

    /** Two texts that differ in white space and case alone are one. */
    private static String key(LabelledText row) {
        return row.text().strip().replaceAll("\\s+", " ").toLowerCase(Locale.ROOT);
    }

    private static String abbreviated(String text) {
        int most = 60;
        return text.codePointCount(0, text.length()) <= most
                ? text
                : text.substring(0, text.offsetByCodePoints(0, most)) + "…";
    }

    /** The first of them, and how many more there are. */
    public static String shown(List<String> all) {
        List<String> shown = all.subList(0, Math.min(SHOWN, all.size()));
        return String.join(", ", shown) + (all.size() > SHOWN ? " and " + (all.size() - SHOWN) + " more" : "");
    }
}
