package dev.weft.inference.backend.onnxruntime;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession;
import java.util.Base64;
import java.util.Optional;

/** Finds out whether ONNX Runtime computes on a GPU here. */
public final class Cuda {

    /** An ONNX model of one node, Y = Identity(X), FLOAT [1]: the least that a session can be opened with. */
    private static final byte[] IDENTITY = Base64.getDecoder()
            .decode("CAg6NwoQCgFYEgFZIghJZGVudGl0eRIBZ1oPCgFYEgoKCAgBEgQKAggBYg8KAVkSCgoICAESBAoCCAFCAhAR");

    private Cuda() {}

    /**
     * Opens a session on a GPU and closes it again. A library that is present proves nothing: driver, toolkit and device must fit.
     *
     * @return why it does not work; empty when it does
     */
    public static Optional<String> whyNot(int ordinal) {
        if (!OrtEnvironment.getAvailableProviders().contains(OrtProvider.CUDA)) {
            return Optional.of("this build of ONNX Runtime has no CUDA");
        }
        // First of all: without an environment ONNX Runtime complains about its logger instead.
        OrtEnvironment environment = OnnxBackend.environment();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.addCUDA(ordinal);
            environment.createSession(IDENTITY, options).close();
            return Optional.empty();
        } catch (OrtException | UnsatisfiedLinkError e) {
            return Optional.of(
                    String.valueOf(e.getMessage()).lines().findFirst().orElse("no reason given"));
        }
    }
}
