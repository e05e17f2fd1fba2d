package dev.weft.inference.backend.onnxruntime;

import ai.onnxruntime.OrtException;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.Internal;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.ResourceExhausted;
import java.time.Duration;
import java.util.regex.Pattern;

/** What it means to the client when a run fails. */
final class RunFailures {

    /**
     * ONNX Runtime has no code for a lack of memory: its arenas, the C++ library and CUDA each tell in words, under the codes by which
     * kernels tell of bad input too.
     */
    private static final Pattern NO_MEMORY =
            Pattern.compile("(?i)failed to allocate|bad_alloc|out of memory|BFCArena|CUDA_ERROR_OUT_OF_MEMORY");

    private static final Pattern DEVICE = Pattern.compile("(?i)CUDA (error|failure)|cudnn|cublas");

    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    private RunFailures() {}

    /**
     * The failure that a run's exception stands for.
     *
     * @param refusal the message's beginning when it is the input's fault
     */
    static Failure of(OrtException e, String refusal) {
        return of(e.getCode(), String.valueOf(e.getMessage()), refusal, e);
    }

    static Failure of(OrtException.OrtErrorCode code, String message, String refusal, Throwable cause) {
        if (NO_MEMORY.matcher(message).find()) {
            return new ResourceExhausted("not enough memory for this run", RETRY_AFTER);
        }
        if (DEVICE.matcher(message).find()) {
            return new Internal("ONNX Runtime: " + message, cause);
        }
        return switch (code) {
            // What the graph itself refuses (an index out of range, shapes that do not fit each other) comes from the
            // input.
            case ORT_INVALID_ARGUMENT, ORT_RUNTIME_EXCEPTION, ORT_FAIL -> new InvalidArgument(refusal + ": " + message);
            default -> new Internal("ONNX Runtime: " + message, cause);
        };
    }
}
