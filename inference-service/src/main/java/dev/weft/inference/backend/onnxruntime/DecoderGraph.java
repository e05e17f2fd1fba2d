package dev.weft.inference.backend.onnxruntime;

import dev.weft.inference.tensor.DataType;
import dev.weft.inference.tensor.TensorSpec;
import dev.weft.kit.error.Failure.FailedPrecondition;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a decoder's graph declares, in the names that Hugging Face Optimum gives.
 *
 * @param caches one entry for each key and each value of each layer
 * @param inputs names of the inputs beside the caches
 * @param heads of keys and values
 * @param dim of a head
 * @param type of the caches
 * @see <a href="https://huggingface.co/docs/optimum-onnx/onnxruntime/usage_guides/models">Optimum's exports</a>
 */
record DecoderGraph(List<CacheNames> caches, Set<String> inputs, int heads, int dim, DataType type) {

    static final String INPUT_IDS = "input_ids";
    static final String ATTENTION_MASK = "attention_mask";
    static final String POSITION_IDS = "position_ids";

    /** Tells a merged graph which of its two halves to use: false for the first call, true with a past. */
    static final String USE_CACHE_BRANCH = "use_cache_branch";

    /** Newer exports compute logits for the last positions only; a scalar says for how many. */
    static final String LOGITS_TO_KEEP = "num_logits_to_keep";

    static final String LOGITS = "logits";

    private static final Set<String> KNOWN =
            Set.of(INPUT_IDS, ATTENTION_MASK, POSITION_IDS, USE_CACHE_BRANCH, LOGITS_TO_KEEP);

    private static final Pattern PAST = Pattern.compile("past_key_values\\.(\\d+)\\.(key|value)");

    /** How one cache is called on the way in and on the way out. */
    record CacheNames(String past, String present) {}

    /**
     * Understands the graph.
     *
     * @throws FailedPrecondition when it is no decoder with a KV cache, or one of another layout; names what differs
     */
    static DecoderGraph of(List<TensorSpec> inputs, List<TensorSpec> outputs) {
        List<String> produced = outputs.stream().map(TensorSpec::name).toList();
        TreeMap<String, CacheNames> caches =
                new TreeMap<>(Comparator.comparing(DecoderGraph::layer).thenComparing(Comparator.naturalOrder()));
        List<String> others = new ArrayList<>();
        @Nullable TensorSpec first = null;
        for (TensorSpec input : inputs) {
            Matcher past = PAST.matcher(input.name());
            if (!past.matches()) {
                others.add(checkOther(input));
                continue;
            }
            first = first == null ? input : first;
            checkCache(input, first);
            String present = "present." + past.group(1) + "." + past.group(2);
            require(produced.contains(present), "no output '" + present + "' for the input '" + input.name() + "'");
            caches.put(input.name(), new CacheNames(input.name(), present));
        }
        require(first != null, "no input 'past_key_values.0.key'; was it exported with a KV cache?");
        require(others.containsAll(List.of(INPUT_IDS, ATTENTION_MASK)), "inputs " + others);
        Optional<TensorSpec> logits =
                outputs.stream().filter(output -> output.name().equals(LOGITS)).findFirst();
        require(
                logits.isPresent()
                        && logits.get().dims().size() == 3
                        && Set.of(DataType.FP32, DataType.FP16)
                                .contains(logits.get().type()),
                "outputs " + produced + ", logits " + logits);
        List<Long> dims = java.util.Objects.requireNonNull(first).dims();
        return new DecoderGraph(
                List.copyOf(caches.values()),
                Set.copyOf(others),
                Math.toIntExact(dims.get(1)),
                Math.toIntExact(dims.get(3)),
                first.type());
    }

    private static Integer layer(String name) {
        Matcher past = PAST.matcher(name);
        return past.matches() ? Integer.parseInt(past.group(1)) : -1;
    }

    private static String checkOther(TensorSpec input) {
        DataType expected = input.name().equals(USE_CACHE_BRANCH) ? DataType.BOOL : DataType.INT64;
        require(
                KNOWN.contains(input.name()) && input.type() == expected,
                "input '" + input.name() + "' of " + input.type() + " " + input.dims());
        return input.name();
    }

    private static void checkCache(TensorSpec input, TensorSpec first) {
        List<Long> dims = input.dims();
        require(
                dims.size() == 4
                        && dims.get(1) > 0
                        && dims.get(3) > 0
                        && dims.get(1).equals(first.dims().get(1))
                        && dims.get(3).equals(first.dims().get(3))
                        && input.type() == first.type()
                        && Set.of(DataType.FP32, DataType.FP16).contains(input.type()),
                "input '" + input.name() + "' of " + input.type() + " " + dims);
    }

    private static void require(boolean condition, String found) {
        if (!condition) {
            throw new FailedPrecondition("graph: " + found + " (expected: a decoder as Optimum exports one: input_ids,"
                    + " attention_mask, perhaps position_ids, of INT64; past_key_values.N.key and .value of FP32 or FP16"
                    + " [batch, heads, past, dim]; outputs logits and present.N.key and .value)");
        }
    }
}
