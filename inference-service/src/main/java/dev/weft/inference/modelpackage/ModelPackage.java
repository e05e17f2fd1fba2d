package dev.weft.inference.modelpackage;

import java.nio.file.Path;

/**
 * A model's folder, understood.
 *
 * @param id name and version
 * @param folder the package, laid out as Hugging Face lays out a repository with ONNX weights
 * @param graph the ONNX file to load
 * @param task what the model is for
 */
public record ModelPackage(ModelId id, Path folder, Path graph, Task task) {

    /** Where a text model's tokenizer lies. */
    public Path tokenizer() {
        return folder.resolve("tokenizer.json");
    }
}
