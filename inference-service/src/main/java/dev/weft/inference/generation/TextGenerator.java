package dev.weft.inference.generation;

import dev.weft.inference.backend.DecoderBackend;
import dev.weft.inference.backend.RequestBackend;
import dev.weft.inference.generation.Generation.End;
import dev.weft.inference.generation.Generation.Piece;
import dev.weft.inference.generation.GenerationEngine.Limits;
import dev.weft.inference.modelpackage.ModelPackage;
import dev.weft.inference.modelpackage.Task.TextGeneration;
import dev.weft.inference.pipeline.GenerationTokenizer;
import dev.weft.inference.tensor.DataType;
import dev.weft.inference.tensor.Shape;
import dev.weft.inference.tensor.Tensor;
import dev.weft.inference.tensor.TensorSpec;
import dev.weft.inference.tensor.Utf8;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.time.Deadline;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * A decoder as a model of the protocol: one prompt or conversation in, its continuation out, whole or in pieces. Thread-safe. Owns its
 * tokenizer, engine and graph.
 *
 * <p>Inputs, one of the three, one row: {@code TEXT}, BYTES, a prompt; {@code MESSAGES}, BYTES, a JSON array of OpenAI's chat messages;
 * {@code TOKEN_IDS}, INT64 or INT32 [tokens], a prompt that is read as it is.
 */
public final class TextGenerator implements RequestBackend {

    /** A prompt, and the answer. */
    public static final String TEXT = "TEXT";

    /** A conversation. */
    public static final String MESSAGES = "MESSAGES";

    /** A prompt as tokens. */
    public static final String TOKEN_IDS = "TOKEN_IDS";

    /** {@code stop} or {@code length}. */
    public static final String FINISH_REASON = "FINISH_REASON";

    /** How many tokens the prompt had. */
    public static final String PROMPT_TOKENS = "PROMPT_TOKENS";

    /** How many tokens were chosen, an end token counted. */
    public static final String COMPLETION_TOKENS = "COMPLETION_TOKENS";

    /** What every text generation model gives. */
    public static final List<TensorSpec> OUTPUTS = List.of(
            new TensorSpec(TEXT, DataType.BYTES, List.of(1L)),
            new TensorSpec(FINISH_REASON, DataType.BYTES, List.of(1L)),
            new TensorSpec(PROMPT_TOKENS, DataType.INT64, List.of(1L)),
            new TensorSpec(COMPLETION_TOKENS, DataType.INT64, List.of(1L)));

    /** More than any vocabulary's tokens have on average, as for {@code pipeline.TextPipeline}. */
    private static final int CHARACTERS_PER_TOKEN = 64;

    private static final int LEAST_CHARACTERS = 1 << 16;

    /** How long a step may go on computing that nobody waits for any more. */
    private static final Duration ABANDONED_STEP = Duration.ofMinutes(10);

    private final TextGeneration task;
    private final DecoderBackend graph;
    private final GenerationTokenizer tokenizer;
    private final Optional<ChatTemplate> chat;
    private final GenerationEngine engine;
    private final int contextLength;
    private final int defaultMaxTokens;

    private TextGenerator(
            TextGeneration task,
            DecoderBackend graph,
            GenerationTokenizer tokenizer,
            Optional<ChatTemplate> chat,
            GenerationEngine engine,
            int contextLength,
            int defaultMaxTokens) {
        this.task = task;
        this.graph = graph;
        this.tokenizer = tokenizer;
        this.chat = chat;
        this.engine = engine;
        this.contextLength = contextLength;
        this.defaultMaxTokens = defaultMaxTokens;
    }

    /**
     * Reads the package's tokenizer and template, and starts an engine.
     *
     * @param backend is the generator's from when this returns
     * @param defaultMaxTokens of an answer, where neither request nor package say
     * @throws dev.weft.kit.error.Failure.FailedPrecondition when the package is malformed; nothing is left behind then
     */
    public static TextGenerator open(
            ModelPackage source,
            TextGeneration task,
            DecoderBackend backend,
            Limits limits,
            int defaultMaxTokens,
            GenerationObserver observer) {
        Optional<ChatTemplate> chat = ChatTemplate.of(task);
        GenerationTokenizer tokenizer = GenerationTokenizer.open(source.tokenizer());
        GenerationEngine engine = new GenerationEngine(
                source.id().toString(), backend, tokenizer::decode, task.endTokens(), limits, observer);
        return new TextGenerator(
                task,
                backend,
                tokenizer,
                chat,
                engine,
                Math.min(task.contextLength(), limits.cacheTokens()),
                task.defaults().maxNewTokens().orElse(defaultMaxTokens));
    }

    /** The engine, whose gauges are of interest. */
    public GenerationEngine engine() {
        return engine;
    }

    /** A request has one of them. */
    @Override
    public List<TensorSpec> inputs() {
        List<TensorSpec> inputs = new ArrayList<>();
        inputs.add(new TensorSpec(TEXT, DataType.BYTES, List.of(1L)));
        if (chat.isPresent()) {
            inputs.add(new TensorSpec(MESSAGES, DataType.BYTES, List.of(1L)));
        }
        inputs.add(new TensorSpec(TOKEN_IDS, DataType.INT64, List.of(-1L)));
        return inputs;
    }

    @Override
    public List<TensorSpec> outputs() {
        return OUTPUTS;
    }

    @Override
    public List<Tensor> answer(List<Tensor> inputs, Map<String, Object> parameters, Deadline deadline) {
        StringBuilder text = new StringBuilder();
        List<Tensor> ends = new ArrayList<>();
        generate(inputs, parameters, deadline, piece -> {
            text.append(piece.text());
            piece.end().ifPresent(end -> ends.addAll(tensors(text.toString(), end)));
        });
        return ends;
    }

    /** The first pieces are of {@code TEXT} alone, the last has all outputs. */
    @Override
    public void stream(List<Tensor> inputs, Map<String, Object> parameters, Deadline deadline, Pieces pieces) {
        generate(
                inputs,
                parameters,
                deadline,
                piece -> pieces.accept(
                        piece.end()
                                .map(end -> tensors(piece.text(), end))
                                .orElseGet(() -> List.of(bytes(TEXT, piece.text()))),
                        piece.end().isPresent()));
    }

    private void generate(
            List<Tensor> inputs, Map<String, Object> parameters, Deadline deadline, Consumer<Piece> pieces) {
        GenerationParameters read = GenerationParameters.read(parameters, task.defaults());
        engine.refuseWhenFull();
        long[] prompt = prompt(inputs);
        int maxTokens = maxTokens(prompt.length, read.maxTokens());
        GenerationRequest request = new GenerationRequest(prompt, read.sampling(), maxTokens, read.stop(), deadline);
        try (Generation generation = engine.submit(request)) {
            Piece piece;
            do {
                piece = generation.next();
                pieces.accept(piece);
            } while (piece.end().isEmpty());
        }
    }

    private int maxTokens(int promptTokens, OptionalInt requested) {
        int room = contextLength - promptTokens;
        if (room < 1) {
            throw new InvalidArgument("prompt: " + promptTokens + " tokens (expected: at most " + (contextLength - 1)
                    + ", which leaves one of the context's " + contextLength + " for the answer)");
        }
        if (requested.isPresent() && requested.getAsInt() > room) {
            throw new InvalidArgument("parameters.max_tokens: " + requested.getAsInt() + " (expected: at most " + room
                    + ", what the prompt's " + promptTokens + " tokens leave of the context's " + contextLength + ")");
        }
        return requested.orElse(Math.min(room, defaultMaxTokens));
    }

    private long[] prompt(List<Tensor> inputs) {
        if (inputs.size() != 1) {
            throw new InvalidArgument(
                    "inputs: " + inputs.stream().map(Tensor::name).toList() + " (expected: one of "
                            + this.inputs().stream().map(TensorSpec::name).toList() + ")");
        }
        Tensor input = inputs.getFirst();
        long[] prompt =
                switch (input.name()) {
                    case TEXT -> tokenizer.encode(readable(text(input)), true);
                    case MESSAGES -> tokenizer.encode(readable(conversation(text(input))), false);
                    case TOKEN_IDS -> tokens(input);
                    default ->
                        throw new InvalidArgument("input '" + input.name() + "': unknown (expected: one of "
                                + this.inputs().stream().map(TensorSpec::name).toList() + ")");
                };
        if (prompt.length == 0) {
            throw new InvalidArgument("input '" + input.name() + "': no tokens (expected: at least one)");
        }
        return prompt;
    }

    /** A text that could be within the context: tokenising a longer one takes minutes and gigabytes only to refuse it. */
    private String readable(String text) {
        long most = Math.max(LEAST_CHARACTERS, (long) CHARACTERS_PER_TOKEN * contextLength);
        if (text.length() > most) {
            throw new InvalidArgument("prompt: " + text.length() + " characters (expected: at most " + most
                    + " for a context of " + contextLength + " tokens)");
        }
        return text;
    }

    private String conversation(String json) {
        ChatTemplate template = chat.orElseThrow(() -> new InvalidArgument(
                "input '" + MESSAGES + "': the model's package has no chat template (expected: a prompt)"));
        return template.prompt(ChatMessages.read(json));
    }

    private static String text(Tensor input) {
        if (!(input instanceof Tensor.Strings strings) || input.shape().elements() != 1) {
            throw new InvalidArgument(
                    "input '" + input.name() + "': " + input.type() + " " + input.shape() + " (expected: BYTES [1])");
        }
        return Utf8.decode(strings).getFirst();
    }

    private long[] tokens(Tensor input) {
        if (!(input instanceof Tensor.Numbers numbers)
                || (input.type() != DataType.INT64 && input.type() != DataType.INT32)) {
            throw new InvalidArgument(
                    "input '" + TOKEN_IDS + "': " + input.type() + " (expected: INT64 or INT32 [tokens])");
        }
        ByteBuffer data = numbers.view();
        long[] tokens = new long[input.shape().elements()];
        long vocabulary = task.vocabularySize().orElse(Integer.MAX_VALUE);
        for (int i = 0; i < tokens.length; i++) {
            tokens[i] = input.type() == DataType.INT64 ? data.getLong() : data.getInt();
            if (tokens[i] < 0 || tokens[i] >= vocabulary) {
                throw new InvalidArgument("input '" + TOKEN_IDS + "'[" + i + "]: " + tokens[i]
                        + " (expected: 0 to below the vocabulary's " + vocabulary + ")");
            }
        }
        return tokens;
    }

    private static List<Tensor> tensors(String text, End end) {
        return List.of(
                bytes(TEXT, text),
                bytes(FINISH_REASON, end.reason().wireName()),
                count(PROMPT_TOKENS, end.promptTokens()),
                count(COMPLETION_TOKENS, end.completionTokens()));
    }

    private static Tensor bytes(String name, String text) {
        return new Tensor.Strings(name, Shape.of(1), List.of(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static Tensor count(String name, long value) {
        ByteBuffer data = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        return new Tensor.Numbers(
                name, DataType.INT64, Shape.of(1), data.putLong(value).flip());
    }

    /**
     * Ends the engine and frees tokenizer and graph.
     *
     * @return false when a step is still computing after {@code patience}; nothing is freed then: a graph that is freed under a step
     *     takes the process with it, so memory that stays is the lesser evil
     */
    public boolean close(Duration patience) {
        boolean ended = engine.close(patience);
        if (ended) {
            tokenizer.close();
            graph.close();
        }
        return ended;
    }

    @Override
    public void close() {
        if (!close(ABANDONED_STEP)) {
            throw new IllegalStateException("a step does not end");
        }
    }
}
