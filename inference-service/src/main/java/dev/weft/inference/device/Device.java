package dev.weft.inference.device;

import java.util.List;

/** What models compute on. */
public sealed interface Device {

    /**
     * This machine's processors.
     *
     * @param cores that this process may use
     * @param int8 whether there are instructions for products of 8-bit integers (VNNI, or Arm's dot product), without which
     *     int8 graphs are no faster than fp32
     */
    record Cpu(int cores, boolean int8) implements Device {}

    /**
     * A GPU of NVIDIA's.
     *
     * @param ordinal CUDA's number of it
     */
    record Cuda(int ordinal) implements Device {}

    /** The name in logs, metadata and {@code weft.json}. */
    default String wireName() {
        return switch (this) {
            case Cpu _ -> "cpu";
            case Cuda _ -> "cuda";
        };
    }

    /**
     * File names, without {@code .onnx}, of a package's graphs, those that suit this device best first. The last ones are how Optimum called
     * decoders with a KV cache before it merged the two graphs into {@code model.onnx}.
     */
    default List<String> variants() {
        return switch (this) {
            case Cpu(int _, boolean int8)
            when int8 ->
                List.of(
                        "model_quantized",
                        "model_int8",
                        "model_qint8_avx512_vnni",
                        "model_qint8_arm64",
                        "model_quint8_avx2",
                        "model",
                        "model_fp16",
                        "model_q4",
                        "decoder_model_merged_quantized",
                        "decoder_model_merged");
            case Cpu _ ->
                List.of(
                        "model",
                        "model_quantized",
                        "model_int8",
                        "model_quint8_avx2",
                        "model_fp16",
                        "model_q4",
                        "decoder_model_merged",
                        "decoder_model_merged_quantized");
            case Cuda _ ->
                List.of(
                        "model_fp16",
                        "model",
                        "model_quantized",
                        "model_int8",
                        "decoder_model_merged",
                        "decoder_model_merged_quantized");
        };
    }

    /** How many runs of a model compute at a time: each core computes one, a GPU overlaps one run's copies with another's work. */
    default int sessions(int threads) {
        return switch (this) {
            case Cpu(int cores, boolean _) -> Math.max(1, cores / threads);
            case Cuda _ -> 2;
        };
    }

    /**
     * Rows of one run. Measured with all-MiniLM-L6-v2 on two cores with AVX-512 VNNI: a row of 12 tokens costs 1.0 ms alone, 0.49 in a
     * run of 8 and no less in larger ones, which only make others wait longer.
     */
    default int batchRows() {
        return switch (this) {
            case Cpu _ -> 32;
            case Cuda _ -> 256;
        };
    }

    /** Tokens of one run, padding counted. */
    default int batchTokens() {
        return switch (this) {
            case Cpu _ -> 512;
            case Cuda _ -> 32_768;
        };
    }

    /** Tokens of padding that a row may cost, on average: what a run of its own would cost more. */
    default int batchPadding() {
        return switch (this) {
            case Cpu _ -> 4;
            case Cuda _ -> 64;
        };
    }
}
