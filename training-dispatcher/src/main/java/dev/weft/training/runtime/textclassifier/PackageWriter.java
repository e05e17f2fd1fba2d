package dev.weft.training.runtime.textclassifier;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.store.DurableFiles;
import dev.weft.training.runtime.textclassifier.head.LinearHead;
import dev.weft.training.runtime.textclassifier.onnx.ClassifierGraph;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Set;

/**
 * Writes the classifier as a Hugging Face repository: who knows nothing of Weft finds tokenizer, labels and graph where they are always. The
 * same head and encoder give the same bytes.
 */
final class PackageWriter {

    /** Of the encoder's files, those that say how its text becomes tokens. */
    private static final List<String> COPIED = List.of(
            "tokenizer.json",
            "tokenizer_config.json",
            "special_tokens_map.json",
            "vocab.txt",
            "sentence_bert_config.json");

    /** Of the encoder's config.json, what the classifier's says for itself. */
    private static final Set<String> REPLACED =
            Set.of("architectures", "id2label", "label2id", "problem_type", "num_labels");

    /** Of the encoder's weft.json, what is as true of the classifier. */
    private static final List<String> KEPT =
            List.of("max_tokens", "sessions", "threads", "max_batch_size", "max_batch_tokens", "cache_bytes");

    private static final ObjectMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private PackageWriter() {}

    /**
     * Writes the package; it appears as a whole.
     *
     * @param target the package's folder; one that is there already is replaced
     * @throws FailedPrecondition when the encoder is none that a head can be put on
     */
    static void write(EncoderPackage encoder, LinearHead head, List<String> labels, Path target) throws IOException {
        Path incoming = target.resolveSibling(target.getFileName() + ".incoming");
        DurableFiles.delete(incoming);
        Files.createDirectories(incoming.resolve("onnx"));
        ClassifierGraph.write(
                encoder.graph(),
                new ClassifierGraph.Head(encoder.pooling(), encoder.normalize(), head.weights(), head.bias()),
                incoming.resolve("onnx/model.onnx"));
        copyExternalData(encoder, incoming.resolve("onnx"));
        for (String name : COPIED) {
            if (Files.isRegularFile(encoder.folder().resolve(name))) {
                Files.copy(encoder.folder().resolve(name), incoming.resolve(name));
            }
        }
        Files.write(incoming.resolve("config.json"), JSON.writeValueAsBytes(config(encoder, labels)));
        ObjectNode overrides = overrides(encoder);
        if (!overrides.isEmpty()) {
            Files.write(incoming.resolve("weft.json"), JSON.writeValueAsBytes(overrides));
        }
        DurableFiles.syncFolders(incoming);
        DurableFiles.delete(target);
        Files.move(incoming, target, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Weights that lie beside the encoder's graph, under the names by which the graph knows them. */
    private static void copyExternalData(EncoderPackage encoder, Path folder) throws IOException {
        for (String name : encoder.graph().externalData()) {
            if (!name.matches("[A-Za-z0-9_-][A-Za-z0-9._-]*")) {
                throw new FailedPrecondition(
                        "encoder: external data '" + name + "' (expected: the name of a file beside the graph)");
            }
            Files.copy(encoder.graph().path().resolveSibling(name), folder.resolve(name));
        }
    }

    private static ObjectNode config(EncoderPackage encoder, List<String> labels) {
        ObjectNode config = JSON.createObjectNode();
        config.putArray("architectures").add(architecture(encoder) + "ForSequenceClassification");
        config.put("problem_type", "single_label_classification");
        ObjectNode byId = config.putObject("id2label");
        ObjectNode byLabel = config.putObject("label2id");
        for (int id = 0; id < labels.size(); id++) {
            byId.put(Integer.toString(id), labels.get(id));
            byLabel.put(labels.get(id), id);
        }
        encoder.config().properties().forEach(entry -> {
            if (!REPLACED.contains(entry.getKey())) {
                config.set(entry.getKey(), entry.getValue());
            }
        });
        return config;
    }

    /** The encoder's kind: {@code Bert} of {@code BertModel}. */
    private static String architecture(EncoderPackage encoder) {
        String name = encoder.config().path("architectures").path(0).asText("Bert");
        return name.replaceAll("(Model|For[A-Z][A-Za-z]*)$", "");
    }

    private static ObjectNode overrides(EncoderPackage encoder) {
        ObjectNode overrides = JSON.createObjectNode();
        for (String key : KEPT) {
            if (encoder.overrides().hasNonNull(key)) {
                overrides.set(key, encoder.overrides().get(key));
            }
        }
        return overrides;
    }
}
