package dev.weft.inference.v2;

import dev.weft.inference.lifecycle.ModelRegistry;
import dev.weft.inference.lifecycle.PackageSource;
import dev.weft.inference.modelpackage.ModelId;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.protocol.inference.ModelRepositoryParameter;
import dev.weft.protocol.inference.RepositoryModelLoadRequest;
import dev.weft.store.ModelUri;
import java.util.Optional;

/**
 * What is to be loaded: all versions of a model that the folders have; or, by the parameter {@code version}, one of them; or, by
 * {@code source_uri} and {@code manifest_sha256} too, one that lies in a model store.
 */
record LoadRequest(String model, Optional<ModelId> version, Optional<PackageSource> source) {

    private static final String VERSION = "version";
    private static final String SOURCE = "source_uri";
    private static final String DIGEST = "manifest_sha256";

    /**
     * Reads it.
     *
     * @throws InvalidArgument naming the parameter
     */
    static LoadRequest of(RepositoryModelLoadRequest request) {
        String model = request.getModelName();
        Optional<ModelId> version = text(request, VERSION).map(number -> {
            if (!ModelId.isVersion(number)) {
                throw new InvalidArgument("parameters.version: '" + number + "' (expected: a number from 1)");
            }
            return new ModelId(model, Long.parseLong(number));
        });
        Optional<String> uri = text(request, SOURCE);
        Optional<String> digest = text(request, DIGEST);
        if (uri.isPresent() != digest.isPresent() || (uri.isPresent() && version.isEmpty())) {
            throw new InvalidArgument(
                    "parameters: " + request.getParametersMap().keySet() + " (expected: " + SOURCE + ", " + DIGEST
                            + " and " + VERSION + " together, " + VERSION + " alone, or none)");
        }
        return new LoadRequest(
                model, version, uri.map(text -> new PackageSource(ModelUri.parse(text), digest.orElseThrow())));
    }

    private static Optional<String> text(RepositoryModelLoadRequest request, String name) {
        ModelRepositoryParameter value = request.getParametersMap().get(name);
        if (value == null) {
            return Optional.empty();
        }
        if (!value.hasStringParam()) {
            throw new InvalidArgument(
                    "parameters." + name + ": " + value.getParameterChoiceCase() + " (expected: a string)");
        }
        return Optional.of(value.getStringParam());
    }

    void run(ModelRegistry registry) {
        if (version.isEmpty()) {
            registry.load(model);
        } else if (source.isEmpty()) {
            registry.load(version.get());
        } else {
            registry.load(version.get(), source.get());
        }
    }
}
