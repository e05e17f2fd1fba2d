package dev.weft.inference.generation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.inference.backend.DecoderBackend;
import dev.weft.inference.backend.onnxruntime.OnnxDecoder;
import dev.weft.inference.backend.onnxruntime.OnnxSettings;
import dev.weft.inference.generation.Generation.End;
import dev.weft.inference.generation.Generation.Piece;
import dev.weft.inference.generation.GenerationEngine.Limits;
import dev.weft.kit.time.Deadline;
import dev.weft.testkit.OnnxGraph;
import dev.weft.testkit.TinyDecoder;
import dev.weft.testkit.TinyDecoderReference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** An engine around {@link TinyDecoder}; closing it asserts that nothing is left open. */
final class DecoderFixture implements AutoCloseable {

    static final Limits LIMITS = new Limits(4, 2_000, 100, 16);
    static final TinyDecoderReference REFERENCE = TinyDecoder.standard().reference();

    final GatedDecoder backend;
    final GenerationEngine engine;
    final RecordingObserver observer = new RecordingObserver();

    DecoderFixture(Path folder, Limits limits, Set<Integer> endTokens) {
        this(TinyDecoder.standard(), folder, limits, endTokens);
    }

    DecoderFixture(TinyDecoder decoder, Path folder, Limits limits, Set<Integer> endTokens) {
        OnnxGraph.write(decoder.graph(), folder);
        backend = new GatedDecoder(OnnxDecoder.open(folder.resolve("onnx/model.onnx"), OnnxSettings.stock()));
        engine = new GenerationEngine("tiny", backend, DecoderFixture::text, endTokens, limits, observer);
    }

    /** What an answer was. */
    record Answer(String text, End end) {}

    static GenerationRequest greedy(List<Integer> prompt, int maxTokens, String... stop) {
        return request(prompt, SamplingOptions.greedy(), maxTokens, stop);
    }

    static GenerationRequest request(List<Integer> prompt, SamplingOptions sampling, int maxTokens, String... stop) {
        return new GenerationRequest(
                prompt.stream().mapToLong(Integer::longValue).toArray(),
                sampling,
                maxTokens,
                List.of(stop),
                Deadline.after(Duration.ofSeconds(60)));
    }

    static List<Integer> tokens(String text) {
        List<Integer> tokens = new ArrayList<>();
        for (byte value : text.getBytes(StandardCharsets.UTF_8)) {
            tokens.add(Byte.toUnsignedInt(value));
        }
        return tokens;
    }

    /** The text of bytes; special tokens have none. */
    static String text(long[] tokens) {
        byte[] bytes = new byte[tokens.length];
        int length = 0;
        for (long token : tokens) {
            if (token < 256) {
                bytes[length++] = (byte) token;
            }
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    static String referenceText(List<Integer> prompt, int count) {
        return text(REFERENCE.greedy(prompt, count).stream()
                .mapToLong(Integer::longValue)
                .toArray());
    }

    Answer answer(GenerationRequest request) {
        try (Generation generation = engine.submit(request)) {
            return finish(generation);
        }
    }

    static Answer finish(Generation generation) {
        StringBuilder text = new StringBuilder();
        while (true) {
            Piece piece = generation.next();
            text.append(piece.text());
            if (piece.end().isPresent()) {
                return new Answer(text.toString(), piece.end().get());
            }
        }
    }

    @Override
    public void close() {
        backend.open();
        assertThat(engine.close(Duration.ofSeconds(30))).as("the engine ends").isTrue();
        assertThat(((DecoderBackend) backend).openCaches())
                .as("caches that nobody closed")
                .isZero();
        backend.close();
    }
}
