package dev.weft.inference.backend.onnxruntime;

import dev.weft.inference.device.Device;
import java.util.List;

/**
 * How a graph is loaded.
 *
 * @param device what it computes on
 * @param threads how many threads one run may use on the CPU
 * @param disabledOptimizers names of ONNX Runtime's graph optimizers that are left out
 */
public record OnnxSettings(Device device, int threads, List<String> disabledOptimizers) {

    /** ONNX Runtime as it comes, on one CPU thread: for tests and comparisons. */
    public static OnnxSettings stock() {
        return new OnnxSettings(new Device.Cpu(1, true), 1, List.of());
    }
}
