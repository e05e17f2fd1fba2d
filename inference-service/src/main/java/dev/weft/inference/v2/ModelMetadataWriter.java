package dev.weft.inference.v2;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.inference.lifecycle.ServedModel;
import dev.weft.inference.modelpackage.Task;
import dev.weft.inference.tensor.TensorSpec;
import dev.weft.protocol.inference.ModelMetadataResponse;
import dev.weft.protocol.inference.ModelMetadataResponse.TensorMetadata;
import java.util.List;
import java.util.stream.Collectors;

/** Writes what a model tells about itself. */
final class ModelMetadataWriter {

    private static final ObjectMapper JSON = new ObjectMapper();

    private ModelMetadataWriter() {}

    static ModelMetadataResponse write(ServedModel model, List<Long> versions) {
        ModelMetadataResponse.Builder response = ModelMetadataResponse.newBuilder()
                .setName(model.source().id().name())
                .addAllVersions(versions.stream().map(String::valueOf).toList())
                .setPlatform(model.source().graph().isPresent() ? "onnxruntime_onnx" : "openai")
                .addAllInputs(tensors(model.inputs()))
                .addAllOutputs(tensors(model.outputs()))
                .putProperties("task", model.source().task().wireName());
        switch (model.source().task()) {
            case Task.SentenceEmbedding task ->
                response.putProperties(
                                "max_tokens", String.valueOf(task.limits().maxTokens()))
                        .putProperties("pooling", task.pooling().name().toLowerCase(java.util.Locale.ROOT))
                        .putProperties("normalize", String.valueOf(task.normalize()));
            case Task.TextClassification task ->
                response.putProperties(
                                "max_tokens", String.valueOf(task.limits().maxTokens()))
                        .putProperties("labels", json(task.labels()));
            case Task.TokenClassification task ->
                response.putProperties(
                                "max_tokens", String.valueOf(task.limits().maxTokens()))
                        .putProperties("labels", json(task.labels()));
            case Task.TextGeneration task -> {
                return response.putProperties("context_length", String.valueOf(task.contextLength()))
                        .putProperties(
                                "chat", String.valueOf(task.chatTemplate().isPresent()))
                        .build();
            }
            case Task.Reranking task ->
                response.putProperties(
                        "max_tokens", String.valueOf(task.limits().maxTokens()));
            case Task.Provided task -> {
                return response.putProperties("provider", task.provider())
                        .putProperties("provider_model", task.model())
                        .build();
            }
            case Task.RawTensors _ -> {
                return response.build();
            }
        }
        return response.putProperties("graph_inputs", describe(model.graphInputs()))
                .putProperties("graph_outputs", describe(model.graphOutputs()))
                .build();
    }

    /** A list as a property, whose value is a string: labels may contain any separator. */
    private static String json(List<String> texts) {
        try {
            return JSON.writeValueAsString(texts);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<TensorMetadata> tensors(List<TensorSpec> specs) {
        return specs.stream()
                .map(spec -> TensorMetadata.newBuilder()
                        .setName(spec.name())
                        .setDatatype(spec.type().name())
                        .addAllShape(spec.dims())
                        .build())
                .toList();
    }

    private static String describe(List<TensorSpec> specs) {
        return specs.stream()
                .map(spec -> spec.name() + " " + spec.type() + " " + spec.dims())
                .collect(Collectors.joining("; "));
    }
}
