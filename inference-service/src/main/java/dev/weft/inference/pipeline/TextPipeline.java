package dev.weft.inference.pipeline;

import dev.weft.inference.backend.InferenceBackend;
import dev.weft.inference.batching.BatchRunner;
import dev.weft.inference.modelpackage.ModelPackage;
import dev.weft.inference.modelpackage.Task;
import dev.weft.inference.modelpackage.Task.TextLimits;
import dev.weft.inference.tensor.DataType;
import dev.weft.inference.tensor.Shape;
import dev.weft.inference.tensor.Tensor;
import dev.weft.inference.tensor.TensorSpec;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.InvalidArgument;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A text model: texts or token ids in, one row of numbers per text out. Thread-safe. Owns its tokenizer, not the graph.
 *
 * <p>Inputs, one of the two: {@code TEXT}, BYTES [rows] or [rows, 1], UTF-8, for a reranking model with {@code QUERY}, BYTES [1]; or
 * {@code TOKEN_IDS}, INT64 or INT32 [rows, tokens], computed as they are, no special token added, a negative id ends its row.
 * Outputs: the task's, and {@code TOKEN_COUNT}, INT64 [rows].
 */
public final class TextPipeline implements AutoCloseable {

    /** The texts. */
    public static final String TEXT = "TEXT";

    /** What the texts are compared with. */
    public static final String QUERY = "QUERY";

    /** Tokens in place of texts. */
    public static final String TOKEN_IDS = "TOKEN_IDS";

    /** How many tokens each text had. */
    public static final String TOKEN_COUNT = "TOKEN_COUNT";

    /** Rows of one request; their vectors of 384 dimensions are about as large as the largest message. */
    private static final int MAX_ROWS = 32_768;

    /**
     * How much of a text is tokenised: tokenising takes about 1 us and 220 bytes of native memory per character, measured with BERT's
     * tokenizer, so that the largest message would take minutes and more memory than there is. No token that a model was trained on
     * is nearly that long on average.
     */
    private static final int CHARACTERS_PER_TOKEN = 64;

    /** However short a model's limit is: white space, of which little may be left, counts too. */
    private static final int LEAST_CHARACTERS = 1 << 16;

    private static final Set<String> KNOWN_GRAPH_INPUTS = Set.of("input_ids", "attention_mask", "token_type_ids");

    private final Tokenizer tokenizer;
    private final TextLimits limits;
    private final Head head;
    private final InferenceBackend backend;

    private TextPipeline(Tokenizer tokenizer, TextLimits limits, Head head, InferenceBackend backend) {
        this.tokenizer = tokenizer;
        this.limits = limits;
        this.head = head;
        this.backend = backend;
    }

    /**
     * The pipeline of the package's task around a loaded graph; empty when the task is raw tensors.
     *
     * @throws FailedPrecondition when graph and package do not fit each other
     */
    public static Optional<TextPipeline> of(ModelPackage model, InferenceBackend backend) {
        return switch (model.task()) {
            case Task.SentenceEmbedding task ->
                Optional.of(of(model, backend, task.limits(), EmbeddingHead.of(task, backend.outputs())));
            case Task.TextClassification task ->
                Optional.of(of(model, backend, task.limits(), ClassificationHead.of(task, backend.outputs())));
            case Task.TokenClassification task ->
                Optional.of(of(model, backend, task.limits(), TokenClassificationHead.of(task, backend.outputs())));
            case Task.Reranking task ->
                Optional.of(of(model, backend, task.limits(), RerankingHead.of(task, backend.outputs())));
            case Task.RawTensors _, Task.TextGeneration _, Task.Provided _ -> Optional.empty();
        };
    }

    private static TextPipeline of(ModelPackage model, InferenceBackend backend, TextLimits limits, Head head) {
        for (TensorSpec input : backend.inputs()) {
            if (!KNOWN_GRAPH_INPUTS.contains(input.name())
                    || !Set.of(DataType.INT64, DataType.INT32).contains(input.type())) {
                throw new FailedPrecondition("graph: input '" + input.name() + "' of " + input.type() + " (expected: "
                        + KNOWN_GRAPH_INPUTS.stream().sorted().toList() + " of INT64 or INT32)");
            }
        }
        if (!Set.of(DataType.FP32, DataType.FP16).contains(head.source().type())) {
            throw new FailedPrecondition("graph: output '" + head.source().name() + "' of "
                    + head.source().type() + " (expected: FP32 or FP16)");
        }
        Tokenizer tokenizer = Tokenizer.open(model.tokenizer(), head instanceof TokenClassificationHead);
        return new TextPipeline(tokenizer, limits, head, backend);
    }

    /** What the model's metadata declares as its inputs. */
    public List<TensorSpec> inputs() {
        TensorSpec text = new TensorSpec(TEXT, DataType.BYTES, List.of(-1L));
        return isPaired() ? List.of(new TensorSpec(QUERY, DataType.BYTES, List.of(1L)), text) : List.of(text);
    }

    private boolean isPaired() {
        return head instanceof RerankingHead;
    }

    /** What the model's metadata declares as its outputs. */
    public List<TensorSpec> outputs() {
        List<TensorSpec> outputs = new ArrayList<>(head.specs());
        outputs.add(new TensorSpec(TOKEN_COUNT, DataType.INT64, List.of(-1L)));
        return outputs;
    }

    /** True when the request is for the pipeline; otherwise it is for the graph. */
    public boolean accepts(List<Tensor> inputs) {
        return inputs.stream().anyMatch(input -> Set.of(TEXT, QUERY, TOKEN_IDS).contains(input.name()));
    }

    /** The runner of one more session. */
    public BatchRunner<TextRow> newSession() {
        return new TextSession(backend, head, limits.padTokenId());
    }

    /**
     * Understands a request's inputs.
     *
     * @throws InvalidArgument naming the input, what came and what was expected
     */
    public TextRequest read(List<Tensor> inputs) {
        for (Tensor input : inputs) {
            requireRows(input);
        }
        if (inputs.size() == 1 && inputs.getFirst().name().equals(TOKEN_IDS)) {
            return TextRequest.Tokens.of(inputs.getFirst(), limits);
        }
        List<String> expected = isPaired() ? List.of(QUERY, TEXT) : List.of(TEXT);
        List<String> came = inputs.stream().map(Tensor::name).sorted().toList();
        if (!came.equals(expected)) {
            throw new InvalidArgument("inputs: " + came + " (expected: " + expected + ", or [" + TOKEN_IDS + "])");
        }
        TextRequest.Texts texts = texts(inputs, TEXT);
        if (!isPaired()) {
            return texts;
        }
        TextRequest.Texts query = texts(inputs, QUERY);
        if (query.size() != 1) {
            throw new InvalidArgument("input '" + QUERY + "': " + query.size() + " rows (expected: 1)");
        }
        return new TextRequest.Pairs(query.texts().getFirst(), texts);
    }

    private static void requireRows(Tensor input) {
        List<Long> dims = input.shape().dims();
        if (!dims.isEmpty() && dims.getFirst() > MAX_ROWS) {
            throw new InvalidArgument(
                    "input '" + input.name() + "': " + dims.getFirst() + " rows (expected: at most " + MAX_ROWS + ")");
        }
        if (input.shape().elements() == 0) {
            throw new InvalidArgument(
                    "input '" + input.name() + "': shape " + input.shape() + " (expected: at least one row)");
        }
    }

    private static TextRequest.Texts texts(List<Tensor> inputs, String name) {
        Tensor input = inputs.stream()
                .filter(tensor -> tensor.name().equals(name))
                .findFirst()
                .orElseThrow();
        if (!(input instanceof Tensor.Strings strings)) {
            throw new InvalidArgument("input '" + name + "': datatype " + input.type() + " (expected: BYTES)");
        }
        return TextRequest.Texts.of(strings);
    }

    /**
     * Tokenises one row of a request.
     *
     * @param truncate whether a text over the token limit is cut rather than refused
     * @throws InvalidArgument when it is over the limit, with both numbers, or has no token at all
     */
    public TextRow row(TextRequest request, int number, boolean truncate) {
        int most = truncate ? limits.maxTokens() : Integer.MAX_VALUE;
        return switch (request) {
            case TextRequest.Texts(String field, List<String> texts) -> {
                String text = readable(texts.get(number), field, number, truncate);
                yield checked(new TextRow(text, tokenizer.tokenize(text, most)), field, number);
            }
            case TextRequest.Pairs(String query, TextRequest.Texts(String field, List<String> texts)) -> {
                String text = readable(texts.get(number), field, number, truncate);
                String first = readable(query, "input '" + QUERY + "'", 0, truncate);
                yield checked(new TextRow(text, tokenizer.tokenizePair(first, text, most)), field, number);
            }
            case TextRequest.Tokens(String field, List<long[]> rows) -> {
                long[] ids = rows.get(number);
                long[] kept = ids.length > most ? Arrays.copyOf(ids, most) : ids;
                yield checked(new TextRow("", new TokenizedText(kept, new long[kept.length])), field, number);
            }
        };
    }

    /** As much of a text as is worth tokenising. */
    private String readable(String text, String field, int number, boolean truncate) {
        int most = Math.clamp((long) CHARACTERS_PER_TOKEN * limits.maxTokens(), LEAST_CHARACTERS, Integer.MAX_VALUE);
        if (text.length() <= most) {
            return text;
        }
        if (!truncate) {
            throw new InvalidArgument(field + "[" + number + "]: " + text.length() + " characters (expected: at most "
                    + most + "; ask for truncation with the parameter truncate: true)");
        }
        return text.substring(0, Character.isHighSurrogate(text.charAt(most - 1)) ? most - 1 : most);
    }

    private TextRow checked(TextRow row, String field, int number) {
        if (row.length() == 0) {
            throw new InvalidArgument(
                    field + "[" + number + "]: no tokens (expected: a text of which the tokenizer makes at least one)");
        }
        if (row.length() > limits.maxTokens()) {
            throw new InvalidArgument(field + "[" + number + "]: " + row.length() + " tokens (expected: at most "
                    + limits.maxTokens() + "; ask for truncation with the parameter truncate: true)");
        }
        return row;
    }

    /** All outputs of a request whose rows are computed. */
    public List<Tensor> answer(List<TextRow> rows) {
        List<Tensor> answers = new ArrayList<>(head.tensors(rows));
        ByteBuffer counts = ByteBuffer.allocate(rows.size() * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        rows.forEach(row -> counts.putLong(row.length()));
        answers.add(new Tensor.Numbers(TOKEN_COUNT, DataType.INT64, Shape.of(rows.size()), counts.flip()));
        return answers;
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
