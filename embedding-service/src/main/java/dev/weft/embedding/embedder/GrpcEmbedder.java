package dev.weft.embedding.embedder;

import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.time.Deadline;
import dev.weft.protocol.inference.ModelInferRequest;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Embeds by V2's text models: TEXT in, EMBEDDING out. */
@Singleton
final class GrpcEmbedder implements Embedder {

    private static final String TEXT = "TEXT";
    private static final String EMBEDDING = "EMBEDDING";

    /** How inference-service names a row. */
    private static final Pattern ROW = Pattern.compile("input 'TEXT'(?:\\[(\\d{1,9})])?");

    private final TextModels models;
    private final InferenceConfig config;

    GrpcEmbedder(TextModels models, InferenceConfig config) {
        this.models = models;
        this.config = config;
    }

    @Override
    public List<float[]> embed(String model, List<String> texts, Priority priority, Deadline deadline) {
        List<float[]> vectors = new ArrayList<>(texts.size());
        for (int start = 0; start < texts.size(); start += config.maxRows()) {
            List<String> part = texts.subList(start, Math.min(texts.size(), start + config.maxRows()));
            try {
                vectors.addAll(part(model, part, priority, deadline));
            } catch (InvalidArgument e) {
                throw new InvalidArgument(renamed(e.getMessage(), start));
            }
        }
        return vectors;
    }

    private List<float[]> part(String model, List<String> texts, Priority priority, Deadline deadline) {
        ModelInferRequest.Builder request = ModelInferRequest.newBuilder()
                .setModelName(model)
                .addOutputs(TextTensors.output(EMBEDDING))
                .putParameters("priority", TextTensors.parameter(priority.wireName()));
        TextTensors.add(request, TEXT, texts);
        float[] values =
                TextTensors.floats(models.infer(request.build(), deadline).response(), EMBEDDING, texts.size());
        int dimension = values.length / texts.size();
        List<float[]> vectors = new ArrayList<>(texts.size());
        for (int row = 0; row < texts.size(); row++) {
            vectors.add(Arrays.copyOfRange(values, row * dimension, (row + 1) * dimension));
        }
        return vectors;
    }

    /** The refusal in the words of our caller, who knows texts and their numbers, and no tensors. */
    static String renamed(String message, int start) {
        return ROW.matcher(message)
                .replaceAll(row -> Matcher.quoteReplacement(
                        row.group(1) == null ? "text" : "text[" + (start + Integer.parseInt(row.group(1))) + "]"));
    }
}
