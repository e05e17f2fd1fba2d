package dev.weft.training.runtime.textclassifier;

import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.time.Deadline;
import dev.weft.store.ModelUri;
import dev.weft.store.cache.CachedPackage;
import dev.weft.store.cache.PackageCache;
import dev.weft.training.runtime.RuntimeSettings;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds the package of an embedding model, for processes of this machine that put a head on it. Thread-safe. */
@Singleton
public final class Encoders {

    private final TextClassifierConfig config;
    private final PackageCache cache;

    Encoders(TextClassifierConfig config, PackageCache cache) {
        this.config = config;
        this.cache = cache;
    }

    /** A package that stays where it is until this is closed, as far as it comes from the cache. */
    public static final class Encoder implements AutoCloseable {

        private final Path folder;
        private final Optional<CachedPackage> cached;

        private Encoder(Path folder, Optional<CachedPackage> cached) {
            this.folder = folder;
            this.cached = cached;
        }

        /** Of the package. */
        public Path folder() {
            return folder;
        }

        @Override
        public void close() {
            cached.ifPresent(CachedPackage::close);
        }
    }

    /**
     * The settings of a job's {@code job.json}.
     *
     * @param encoder to be kept open while the job runs
     * @param timeLeft of the job
     */
    public RuntimeSettings.Told settings(Encoder encoder, Deadline timeLeft) {
        Map<String, String> values = new HashMap<>();
        values.put(TextClassifierCommand.INFERENCE, config.inferenceTarget());
        values.put(
                TextClassifierCommand.DEADLINE_SECONDS,
                Long.toString(timeLeft.remaining().toSeconds()));
        Map<String, Path> files = new HashMap<>();
        files.put(TextClassifierCommand.ENCODER, encoder.folder().toAbsolutePath());
        TextClassifierConfig.Tls tls = config.tls();
        tls.authorityFile().ifPresent(file -> files.put(InferenceTls.AUTHORITY, file.toAbsolutePath()));
        // No copies of a private key: where this machine's files are not seen, the configuration names them.
        tls.certificateFile().ifPresent(file -> values.put(InferenceTls.CERTIFICATE, absolute(file)));
        tls.keyFile().ifPresent(file -> values.put(InferenceTls.KEY, absolute(file)));
        return new RuntimeSettings.Told(values, files);
    }

    private static String absolute(Path file) {
        return file.toAbsolutePath().toString();
    }

    /**
     * The package of that model: fetched from its store, or the one that lies in a model folder, of several versions the highest.
     *
     * @throws InvalidArgument when there is none; names the places
     */
    public Encoder open(String model, Deadline deadline) {
        ModelUri.requireName(model);
        String uri = config.encoders().get(model);
        if (uri != null) {
            CachedPackage cached = cache.get(ModelUri.parse(uri), deadline);
            return new Encoder(cached.folder(), Optional.of(cached));
        }
        return config.modelFolders().stream()
                .map(folder -> folder.resolve(model))
                .flatMap(Encoders::packages)
                .findFirst()
                .map(folder -> new Encoder(folder, Optional.empty()))
                .orElseThrow(() -> new InvalidArgument("parameter model: " + model + " (expected: a model whose package"
                        + " lies in one of " + config.modelFolders() + ", or one of "
                        + config.encoders().keySet()
                        + ")"));
    }

    private static Stream<Path> packages(Path folder) {
        if (Files.isRegularFile(folder.resolve("tokenizer.json"))) {
            return Stream.of(folder);
        }
        try (Stream<Path> versions = Files.list(folder)) {
            List<Path> packages = versions.filter(
                            version -> version.getFileName().toString().matches("[1-9][0-9]{0,17}")
                                    && Files.isRegularFile(version.resolve("tokenizer.json")))
                    .sorted(Comparator.<Path>comparingLong(version ->
                                    Long.parseLong(version.getFileName().toString()))
                            .reversed())
                    .toList();
            return packages.stream();
        } catch (IOException _) {
            return Stream.empty();
        }
    }
}
