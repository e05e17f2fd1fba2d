package dev.weft.inference.backend.onnxruntime;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtUtil;
import ai.onnxruntime.TensorInfo;
import dev.weft.inference.backend.InferenceBackend;
import dev.weft.inference.device.Device;
import dev.weft.inference.tensor.DataType;
import dev.weft.inference.tensor.Shape;
import dev.weft.inference.tensor.Tensor;
import dev.weft.inference.tensor.TensorSpec;
import dev.weft.inference.tensor.Utf8;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.Internal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/** One ONNX Runtime session. Thread-safe, as ONNX Runtime's sessions are; closing it frees native memory. */
public final class OnnxBackend implements InferenceBackend {

    private final OrtEnvironment environment;
    private final OrtSession session;
    private final List<TensorSpec> inputs;
    private final List<TensorSpec> outputs;
    private final boolean rowsIndependent;

    private OnnxBackend(OrtEnvironment environment, OrtSession session, boolean rowsIndependent) throws OrtException {
        this.rowsIndependent = rowsIndependent;
        this.environment = environment;
        this.session = session;
        this.inputs =
                session.getInputInfo().values().stream().map(OnnxTypes::spec).toList();
        this.outputs =
                session.getOutputInfo().values().stream().map(OnnxTypes::spec).toList();
    }

    /**
     * Loads a graph.
     *
     * @throws FailedPrecondition when ONNX Runtime cannot load it
     */
    public static OnnxBackend open(Path graph, OnnxSettings settings) {
        try {
            OrtEnvironment environment = environment();
            try (OrtSession.SessionOptions options = options(settings)) {
                OrtSession session = environment.createSession(graph.toString(), options);
                try {
                    return new OnnxBackend(
                            environment, session, !GraphOperators.of(graph).contains("DynamicQuantizeLinear"));
                } catch (OrtException | RuntimeException e) {
                    session.close();
                    throw e;
                }
            }
        } catch (OrtException e) {
            throw new FailedPrecondition(graph.getFileName() + ": " + e.getMessage());
        }
    }

    /** The process' one environment, quiet but for errors. */
    static OrtEnvironment environment() {
        return OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, "weft");
    }

    /** Options of a session; the caller closes them. */
    static OrtSession.SessionOptions options(OnnxSettings settings) throws OrtException {
        OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        try {
            switch (settings.device()) {
                case Device.Cpu _ -> {
                    options.setIntraOpNumThreads(settings.threads());
                    // A thread that spins between runs takes its core from the tokenizer, the network and the other
                    // sessions.
                    options.addConfigEntry("session.intra_op.allow_spinning", "0");
                    // The arena keeps what the largest batch ever needed until the process ends. Without it memory
                    // goes back after each run, and a run takes no longer (1254 against 1275 us, 12 tokens).
                    options.setCPUArenaAllocator(false);
                }
                case Device.Cuda(int ordinal) -> options.addCUDA(ordinal);
            }
            options.setInterOpNumThreads(1);
            // Weights outside of the arena, so that closing the session gives their memory back.
            options.addConfigEntry("session.use_device_allocator_for_initializers", "1");
            if (!settings.disabledOptimizers().isEmpty()) {
                options.addConfigEntry(
                        "optimization.disable_specified_optimizers", String.join(";", settings.disabledOptimizers()));
            }
            return options;
        } catch (OrtException | RuntimeException e) {
            options.close();
            throw e;
        }
    }

    @Override
    public List<TensorSpec> inputs() {
        return inputs;
    }

    @Override
    public List<TensorSpec> outputs() {
        return outputs;
    }

    /**
     * {@inheritDoc}
     *
     * <p>DynamicQuantizeLinear takes one scale for a whole tensor, so a row's neighbours, and even padding, decide how it is rounded:
     * all-MiniLM-L6-v2 in int8 gives vectors of cosine 0.99 instead of 1 for the same text in another batch.
     */
    @Override
    public boolean rowsAreIndependent() {
        return rowsIndependent;
    }

    @Override
    public List<Tensor> run(List<Tensor> tensors, List<String> outputNames) {
        Map<String, OnnxTensorLike> feeds = LinkedHashMap.newLinkedHashMap(tensors.size());
        try {
            feed(tensors, feeds);
            try (OrtSession.Result result = session.run(feeds, new LinkedHashSet<>(outputNames))) {
                List<Tensor> answers = new ArrayList<>(outputNames.size());
                for (String name : outputNames) {
                    OnnxValue value = result.get(name)
                            .orElseThrow(() -> new Internal("ONNX Runtime returned no output '" + name + "'", null));
                    answers.add(fromOnnx(name, value));
                }
                return answers;
            }
        } catch (OrtException e) {
            throw RunFailures.of(e, "the graph refuses its input");
        } finally {
            feeds.values().forEach(OnnxTensorLike::close);
        }
    }

    @Override
    public void runInto(List<Tensor> tensors, List<Tensor.Numbers> outputs) {
        Map<String, OnnxTensorLike> feeds = LinkedHashMap.newLinkedHashMap(tensors.size());
        Map<String, OnnxTensorLike> results = LinkedHashMap.newLinkedHashMap(outputs.size());
        try {
            feed(tensors, feeds);
            feed(outputs, results);
            session.run(feeds, results).close();
        } catch (OrtException e) {
            throw RunFailures.of(e, "the graph refuses its input");
        } finally {
            feeds.values().forEach(OnnxTensorLike::close);
            results.values().forEach(OnnxTensorLike::close);
        }
    }

    /** Adds one ONNX tensor for each of ours; the map has those that were made before one fails, so that they are closed. */
    private void feed(List<? extends Tensor> tensors, Map<String, OnnxTensorLike> feeds) throws OrtException {
        for (Tensor tensor : tensors) {
            feeds.put(tensor.name(), toOnnx(tensor));
        }
    }

    private OnnxTensor toOnnx(Tensor tensor) throws OrtException {
        long[] shape = tensor.shape().toArray();
        return switch (tensor) {
            case Tensor.Numbers numbers ->
                OnnxTensor.createTensor(
                        environment, direct(numbers), shape, OnnxTypes.javaType(numbers.type(), numbers.name()));
            case Tensor.Strings strings ->
                OnnxTensor.createTensor(environment, Utf8.decode(strings).toArray(String[]::new), shape);
        };
    }

    /** ONNX Runtime reads direct buffers where they lie; heap buffers it would copy itself, but only typed ones. */
    private static ByteBuffer direct(Tensor.Numbers numbers) {
        ByteBuffer data = numbers.view();
        if (data.isDirect() && !data.isReadOnly()) {
            return data;
        }
        return ByteBuffer.allocateDirect(data.remaining())
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(data)
                .flip();
    }

    private static Tensor fromOnnx(String name, OnnxValue value) throws OrtException {
        if (!(value instanceof OnnxTensor tensor)) {
            throw new Internal("output '" + name + "' is no tensor", null);
        }
        TensorInfo info = tensor.getInfo();
        Shape shape = Shape.of(info.getShape());
        DataType type = OnnxTypes.dataType(info, name);
        if (type != DataType.BYTES) {
            ByteBuffer data = shape.elements() == 0 ? ByteBuffer.allocate(0) : tensor.getByteBuffer();
            return new Tensor.Numbers(name, type, shape, data);
        }
        Object texts = tensor.getValue();
        String[] flat = texts instanceof String text ? new String[] {text} : OrtUtil.flattenString(texts);
        return new Tensor.Strings(
                name,
                shape,
                Arrays.stream(flat)
                        .map(text -> text.getBytes(StandardCharsets.UTF_8))
                        .toList());
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw new Internal("ONNX Runtime: " + e.getMessage(), e);
        }
    }
}
