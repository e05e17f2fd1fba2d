package dev.weft.inference.backend.onnxruntime;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtException.OrtErrorCode;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.Internal;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.ResourceExhausted;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RunFailuresTest {

    private static Failure of(OrtErrorCode code, String message) {
        return RunFailures.of(code, message, "the graph refuses its input", new IllegalStateException(message));
    }

    @Test
    void whatAKernelRefusesIsTheInputsFault() {
        assertThat(of(OrtErrorCode.ORT_RUNTIME_EXCEPTION, "indices element out of data bounds, idx=9"))
                .isInstanceOf(InvalidArgument.class)
                .hasMessage("the graph refuses its input: indices element out of data bounds, idx=9");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Failed to allocate memory for requested buffer of size 8589934592",
                "std::bad_alloc",
                "CUDA failure 2: out of memory ; GPU=0",
                "BFCArena::AllocateRawInternal Available memory of 0 is smaller than requested bytes"
            })
    void lackOfMemoryIsNobodysFaultAndMayPass(String message) {
        assertThat(of(OrtErrorCode.ORT_RUNTIME_EXCEPTION, message)).isInstanceOf(ResourceExhausted.class);
        assertThat(of(OrtErrorCode.ORT_FAIL, message)).isInstanceOf(ResourceExhausted.class);
    }

    @Test
    void failureOfTheDeviceIsADefect() {
        assertThat(of(OrtErrorCode.ORT_FAIL, "CUDA failure 719: unspecified launch failure"))
                .isInstanceOf(Internal.class);
    }
}
