package dev.weft.inference.pipeline;

import dev.weft.inference.backend.InferenceBackend;
import dev.weft.inference.modelpackage.ModelPackage;
import dev.weft.inference.modelpackage.Task;
import dev.weft.inference.modelpackage.Task.TextLimits;
import dev.weft.inference.pipeline.Head.ClassificationHead;
import dev.weft.inference.pipeline.Head.EmbeddingHead;
import dev.weft.inference.tensor.DataType;
import dev.weft.inference.tensor.Shape;
import dev.weft.inference.tensor.Tensor;
import dev.weft.inference.tensor.TensorSpec;
import dev.weft.inference.tensor.Utf8;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.Internal;
import dev.weft.kit.error.Failure.InvalidArgument;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A text model: texts or token ids in, one row of numbers per text out. Thread-safe. Owns its tokenizer, not the graph.
 *
 * <p>Inputs, one of the two: {@code TEXT}, BYTES [rows] or [rows, 1], UTF-8; or {@code TOKEN_IDS}, INT64 or INT32 [rows, tokens],
 * computed as they are, no special token added, a negative id ends its row. Outputs: the task's, and {@code TOKEN_COUNT},
 * INT64 [rows].
 */
public final class TextPipeline implements AutoCloseable {

    /** The texts. */
    public static final String TEXT = "TEXT";

    /** Tokens in place of texts. */
    public static final String TOKEN_IDS = "TOKEN_IDS";

    /** How many tokens each text had. */
    public static final String TOKEN_COUNT = "TOKEN_COUNT";

    /** Rows of one request; their vectors of 384 dimensions are about as large as the largest message. */
    private static final int MAX_ROWS = 32_768;

    private static final Set<String> KNOWN_GRAPH_INPUTS = Set.of("input_ids", "attention_mask", "token_type_ids");

    private final Tokenizer tokenizer;
    private final TextLimits limits;
    private final Head head;
    private final List<TensorSpec> graphInputs;
    private final RunLimits runs;

    private TextPipeline(
            Tokenizer tokenizer, TextLimits limits, Head head, List<TensorSpec> graphInputs, RunLimits runs) {
        this.tokenizer = tokenizer;
        this.limits = limits;
        this.head = head;
        this.graphInputs = graphInputs;
        this.runs = runs;
    }

    /**
     * How a request is cut into runs of the graph.
     *
     * @param tokens padding counted, that one run may take; 0 computes every row in a run of its own
     * @param parallel how many runs of one request may be under way at a time
     */
    public record RunLimits(int tokens, int parallel) {}

    /** Computes one run of the graph, wherever and whenever that is. */
    @FunctionalInterface
    public interface Runner {
        /** One tensor per name of {@code outputs}; {@code rows} and {@code tokens} tell what is computed. */
        List<Tensor> run(List<Tensor> inputs, List<String> outputs, int rows, int tokens);
    }

    /**
     * The pipeline of the package's task around a loaded graph; empty when the task is raw tensors.
     *
     * @throws FailedPrecondition when graph and package do not fit each other
     */
    public static Optional<TextPipeline> of(ModelPackage model, InferenceBackend backend, RunLimits runs) {
        TextLimits limits;
        Head head;
        switch (model.task()) {
            case Task.SentenceEmbedding task -> {
                limits = task.limits();
                head = EmbeddingHead.of(task, backend.outputs());
            }
            case Task.TextClassification task -> {
                limits = task.limits();
                head = ClassificationHead.of(task, backend.outputs());
            }
            case Task.RawTensors _, Task.TextGeneration _ -> {
                return Optional.empty();
            }
        }
        for (TensorSpec input : backend.inputs()) {
            if (!KNOWN_GRAPH_INPUTS.contains(input.name())
                    || !Set.of(DataType.INT64, DataType.INT32).contains(input.type())) {
                throw new FailedPrecondition("graph: input '" + input.name() + "' of " + input.type() + " (expected: "
                        + KNOWN_GRAPH_INPUTS.stream().sorted().toList() + " of INT64 or INT32)");
            }
        }
        Tokenizer tokenizer = Tokenizer.open(model.tokenizer());
        return Optional.of(new TextPipeline(tokenizer, limits, head, backend.inputs(), runs));
    }

    /** What the model's metadata declares as its inputs. */
    public List<TensorSpec> inputs() {
        return List.of(new TensorSpec(TEXT, DataType.BYTES, List.of(-1L)));
    }

    /** What the model's metadata declares as its outputs. */
    public List<TensorSpec> outputs() {
        List<TensorSpec> outputs = new ArrayList<>(head.specs());
        outputs.add(new TensorSpec(TOKEN_COUNT, DataType.INT64, List.of(-1L)));
        return outputs;
    }

    /** True when the request is for the pipeline; otherwise it is for the graph. */
    public boolean accepts(List<Tensor> inputs) {
        return inputs.stream()
                .anyMatch(input -> input.name().equals(TEXT) || input.name().equals(TOKEN_IDS));
    }

    /**
     * Computes all outputs.
     *
     * @param truncate whether texts over the token limit are cut rather than refused
     * @throws InvalidArgument naming the input, what came and what was expected
     */
    public List<Tensor> run(List<Tensor> inputs, boolean truncate, Runner runner) {
        List<TokenizedText> texts = tokenize(inputs, truncate);
        float[] result = new float[texts.size() * head.width()];
        List<TokenBatch> batches =
                runs.tokens() == 0 ? TokenBatch.single(texts) : TokenBatch.split(texts, runs.tokens());
        Lanes.forEach(batches, runs.parallel(), batch -> {
            List<Tensor> outputs = runner.run(
                    batch.toTensors(graphInputs, limits.padTokenId()),
                    List.of(head.source().name()),
                    batch.size(),
                    batch.tokens());
            // Batches write to different rows of the result, so they need no lock.
            head.apply(floats(outputs.getFirst(), batch), batch, result);
        });
        List<Tensor> answers = new ArrayList<>(head.tensors(result, texts.size()));
        answers.add(tokenCounts(texts));
        return answers;
    }

    private List<TokenizedText> tokenize(List<Tensor> inputs, boolean truncate) {
        if (inputs.size() != 1) {
            throw new InvalidArgument(
                    "inputs: " + inputs.stream().map(Tensor::name).toList() + " (expected: one of [" + TEXT + ", "
                            + TOKEN_IDS + "])");
        }
        Tensor input = inputs.getFirst();
        List<Long> dims = input.shape().dims();
        if (!dims.isEmpty() && dims.getFirst() > MAX_ROWS) {
            throw new InvalidArgument(
                    "input '" + input.name() + "': " + dims.getFirst() + " rows (expected: at most " + MAX_ROWS + ")");
        }
        if (input.shape().elements() == 0) {
            throw new InvalidArgument(
                    "input '" + input.name() + "': shape " + input.shape() + " (expected: at least one row)");
        }
        if (input.name().equals(TOKEN_IDS)) {
            return tokens(input, truncate);
        }
        if (!(input instanceof Tensor.Strings strings)) {
            throw new InvalidArgument("input '" + TEXT + "': datatype " + input.type() + " (expected: BYTES)");
        }
        if (dims.size() != 1 && !(dims.size() == 2 && dims.get(1) == 1)) {
            throw new InvalidArgument(
                    "input '" + TEXT + "': shape " + input.shape() + " (expected: [rows] or [rows, 1])");
        }
        List<String> texts = Utf8.decode(strings);
        List<TokenizedText> tokenized = new ArrayList<>(texts.size());
        for (int i = 0; i < texts.size(); i++) {
            String field = "input '" + TEXT + "'[" + i + "]";
            if (texts.get(i).isBlank()) {
                throw new InvalidArgument(field + ": empty text (expected: at least one character that is no space)");
            }
            tokenized.add(
                    truncate
                            ? tokenizer.tokenize(texts.get(i), limits.maxTokens())
                            : checkLength(tokenizer.tokenize(texts.get(i)), field));
        }
        return tokenized;
    }

    private TokenizedText checkLength(TokenizedText text, String field) {
        if (text.length() > limits.maxTokens()) {
            throw new InvalidArgument(field + ": " + text.length() + " tokens (expected: at most " + limits.maxTokens()
                    + "; ask for truncation with the parameter truncate: true)");
        }
        return text;
    }

    private List<TokenizedText> tokens(Tensor input, boolean truncate) {
        List<Long> dims = input.shape().dims();
        if (!(input instanceof Tensor.Numbers numbers)
                || (input.type() != DataType.INT64 && input.type() != DataType.INT32)
                || dims.size() != 2) {
            throw new InvalidArgument("input '" + TOKEN_IDS + "': " + input.type() + " " + input.shape()
                    + " (expected: INT64 or INT32 [rows, tokens])");
        }
        ByteBuffer data = numbers.view();
        int width = Math.toIntExact(dims.get(1));
        List<TokenizedText> texts = new ArrayList<>(Math.toIntExact(dims.get(0)));
        for (int row = 0; row < dims.get(0); row++) {
            long[] ids = new long[width];
            int length = 0;
            boolean ended = false;
            for (int i = 0; i < width; i++) {
                long id = input.type() == DataType.INT64 ? data.getLong() : data.getInt();
                ended |= id < 0;
                if (!ended) {
                    ids[length++] = checkToken(id, row, i);
                }
            }
            String field = "input '" + TOKEN_IDS + "'[" + row + "]";
            if (length == 0) {
                throw new InvalidArgument(field + ": no tokens (expected: at least one)");
            }
            int kept = truncate ? Math.min(length, limits.maxTokens()) : length;
            texts.add(checkLength(new TokenizedText(java.util.Arrays.copyOf(ids, kept), new long[kept]), field));
        }
        return texts;
    }

    private long checkToken(long id, int row, int column) {
        if (limits.vocabularySize().isPresent() && id >= limits.vocabularySize().getAsInt()) {
            throw new InvalidArgument("input '" + TOKEN_IDS + "'[" + row + "][" + column + "]: " + id
                    + " (expected: below the vocabulary's "
                    + limits.vocabularySize().getAsInt() + ")");
        }
        return id;
    }

    private float[] floats(Tensor output, TokenBatch batch) {
        List<Long> dims = output.shape().dims();
        boolean fits = dims.size() == head.source().dims().size()
                && dims.getFirst() == batch.size()
                && dims.getLast() == head.width()
                && (dims.size() == 2 || dims.get(1) == batch.width());
        if (!fits || !(output instanceof Tensor.Numbers numbers)) {
            throw new Internal(
                    "output '" + output.name() + "' has shape " + output.shape() + " for " + batch.size() + " rows of "
                            + batch.width() + " tokens",
                    null);
        }
        float[] values = new float[output.shape().elements()];
        ByteBuffer data = numbers.view();
        switch (output.type()) {
            case FP32 -> data.asFloatBuffer().get(values);
            case FP16 -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = Float.float16ToFloat(data.getShort());
                }
            }
            default -> throw new Internal("output '" + output.name() + "' is " + output.type(), null);
        }
        return values;
    }

    private static Tensor tokenCounts(List<TokenizedText> texts) {
        ByteBuffer counts = ByteBuffer.allocate(texts.size() * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        texts.forEach(text -> counts.putLong(text.length()));
        return new Tensor.Numbers(TOKEN_COUNT, DataType.INT64, Shape.of(texts.size()), counts.flip());
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
