package dev.weft.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.NotFound;
import dev.weft.kit.error.Failure.TooLarge;
import dev.weft.kit.time.Deadline;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every store promises. */
public abstract class ModelStoreContract {

    protected static final long PLENTY = 64 << 20;

    /** Larger than the adapters' buffers and chunks, and no multiple of them. */
    private static final int GRAPH_BYTES = 2_500_001;

    @TempDir
    protected Path folder;

    /** A store over the same place at every call, so that one can be asked for what another has put. */
    protected abstract ModelStore store(long maxPackageBytes);

    /** Replaces a stored file's content. */
    protected abstract void overwrite(Published published, Manifest.Entry file, byte[] content);

    /** Makes a version out of a manifest alone, as a store that lies would have. */
    protected abstract ModelUri plant(String name, String manifest);

    protected static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(60));
    }

    /** A package as training makes them: a large file, small ones, an empty one. */
    protected Path writePackage(long seed) {
        Path written = folder.resolve("package-" + seed);
        byte[] graph = new byte[GRAPH_BYTES];
        new Random(seed).nextBytes(graph);
        try {
            Files.createDirectories(written.resolve("onnx"));
            Files.write(written.resolve("onnx/model.onnx"), graph);
            Files.writeString(written.resolve("config.json"), "{\"seed\": " + seed + "}");
            Files.writeString(written.resolve("tokenizer.json"), "{}");
            Files.write(written.resolve("vocab.txt"), new byte[0]);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        return written;
    }

    @Test
    void packageComesBackByteByByte() throws IOException {
        Path source = writePackage(1);
        Published published = store(PLENTY).put("banking-intents", source, soon());

        Path target = folder.resolve("target");
        Manifest fetched = store(PLENTY).fetchInto(published.uri(), target, soon());

        assertThat(fetched).isEqualTo(published.manifest());
        assertThat(listing(target)).isEqualTo(listing(source));
        for (Manifest.Entry file : fetched.files()) {
            assertThat(target.resolve(file.path())).hasSameBinaryContentAs(source.resolve(file.path()));
        }
    }

    @Test
    void uriSurvivesItsText() {
        Published published = store(PLENTY).put("banking-intents", writePackage(1), soon());

        ModelUri read = ModelUri.parse(published.uri().toString());

        assertThat(store(PLENTY).manifest(read, soon())).isEqualTo(published.manifest());
    }

    @Test
    void sameContentIsTheSameVersion() throws IOException {
        ModelStore store = store(PLENTY);
        Published first = store.put("banking-intents", writePackage(1), soon());

        Published again = store.put("banking-intents", writePackage(1), soon());
        Published other = store.put("banking-intents", writePackage(2), soon());

        assertThat(again).isEqualTo(first);
        assertThat(other.uri()).isNotEqualTo(first.uri());
        assertThat(store.manifest(first.uri(), soon())).isEqualTo(first.manifest());
        assertThat(store.manifest(other.uri(), soon())).isEqualTo(other.manifest());
    }

    @Test
    void whatIsNotThereIsNotFound() {
        Published published = store(PLENTY).put("banking-intents", writePackage(1), soon());
        ModelUri other = new ModelUri(published.uri().scheme(), published.uri().path(), Optional.of("0".repeat(64)));

        assertThatExceptionOfType(NotFound.class)
                .isThrownBy(() -> store(PLENTY).fetchInto(other, folder.resolve("target"), soon()));
    }

    @Test
    void oneWrongByteIsFoundAndNotKept() throws IOException {
        Published published = store(PLENTY).put("banking-intents", writePackage(1), soon());
        Manifest.Entry graph = published.manifest().file("onnx/model.onnx").orElseThrow();
        byte[] content = Files.readAllBytes(folder.resolve("package-1/onnx/model.onnx"));
        content[GRAPH_BYTES - 1] ^= 1;
        overwrite(published, graph, content);
        Path target = folder.resolve("target");

        assertThatThrownBy(() -> store(PLENTY).fetchInto(published.uri(), target, soon()))
                .isInstanceOf(FailedPrecondition.class)
                .hasMessageContaining("onnx/model.onnx")
                .hasMessageContaining(graph.sha256());

        assertThat(target.resolve("onnx/model.onnx")).doesNotExist();
        content[GRAPH_BYTES - 1] ^= 1;
        overwrite(published, graph, content);
        store(PLENTY).fetchInto(published.uri(), target, soon());
        assertThat(target.resolve("onnx/model.onnx")).hasBinaryContent(content);
    }

    @Test
    void truncatedFileIsFound() {
        Published published = store(PLENTY).put("banking-intents", writePackage(1), soon());
        Manifest.Entry graph = published.manifest().file("onnx/model.onnx").orElseThrow();
        overwrite(published, graph, new byte[100]);

        assertThatThrownBy(() -> store(PLENTY).fetchInto(published.uri(), folder.resolve("target"), soon()))
                .isInstanceOf(FailedPrecondition.class)
                .hasMessageContaining("100 bytes");
    }

    @Test
    void fetchingGoesOnWhereItStopped() throws IOException {
        Path source = writePackage(1);
        Published published = store(PLENTY).put("banking-intents", source, soon());
        Manifest.Entry graph = published.manifest().file("onnx/model.onnx").orElseThrow();
        byte[] content = Files.readAllBytes(source.resolve("onnx/model.onnx"));
        CountingStore counting = new CountingStore(store(PLENTY));
        Path partials = folder.resolve("target").resolve(Manifest.RESERVED);
        Files.createDirectories(partials);
        Files.write(partials.resolve(graph.sha256()), java.util.Arrays.copyOf(content, 2_000_000));

        counting.fetchInto(published.uri(), folder.resolve("target"), soon());

        assertThat(folder.resolve("target/onnx/model.onnx")).hasBinaryContent(content);
        assertThat(counting.bytesOf(graph)).isEqualTo(GRAPH_BYTES - 2_000_000);
    }

    @Test
    void wrongPartialIsFetchedAnew() throws IOException {
        Path source = writePackage(1);
        Published published = store(PLENTY).put("banking-intents", source, soon());
        Manifest.Entry graph = published.manifest().file("onnx/model.onnx").orElseThrow();
        Path partials = folder.resolve("target").resolve(Manifest.RESERVED);
        Files.createDirectories(partials);
        Files.write(partials.resolve(graph.sha256()), new byte[1_000_000]);

        store(PLENTY).fetchInto(published.uri(), folder.resolve("target"), soon());

        assertThat(folder.resolve("target/onnx/model.onnx")).hasSameBinaryContentAs(source.resolve("onnx/model.onnx"));
        assertThat(partials).doesNotExist();
    }

    @Test
    void pathOutOfThePackageIsRefused() {
        ModelUri uri = plant("evil", """
                weft-manifest 1
                %s 5 ../../outside
                """.formatted(Sha256.of("hello".getBytes(StandardCharsets.UTF_8))));

        assertThatThrownBy(() -> store(PLENTY).fetchInto(uri, folder.resolve("target"), soon()))
                .isInstanceOf(FailedPrecondition.class)
                .hasMessageContaining("../../outside");

        assertThat(folder.resolve("outside")).doesNotExist();
    }

    @Test
    void manifestThatIsNotTheVersionsIsRefused() {
        ModelUri planted = plant("lie", "weft-manifest 1\n" + "0".repeat(64) + " 5 a\n");
        Published honest = store(PLENTY).put("banking-intents", writePackage(1), soon());
        swapManifest(honest, planted);

        assertThatThrownBy(() -> store(PLENTY).manifest(honest.uri(), soon()))
                .isInstanceOf(FailedPrecondition.class)
                .hasMessageContaining("expected: the version");
    }

    /** Puts the planted version's manifest in the place of the other's. */
    protected abstract void swapManifest(Published honest, ModelUri planted);

    @Test
    void linkOutOfThePackageIsRefused() throws IOException {
        Path source = writePackage(1);
        Files.createSymbolicLink(source.resolve("secret"), Path.of("/etc/hostname"));

        assertThatThrownBy(() -> store(PLENTY).put("banking-intents", source, soon()))
                .isInstanceOf(InvalidArgument.class)
                .hasMessageContaining("secret");
    }

    @Test
    void emptyFolderIsNoPackage() throws IOException {
        Path empty = Files.createDirectory(folder.resolve("empty"));

        assertThatExceptionOfType(InvalidArgument.class)
                .isThrownBy(() -> store(PLENTY).put("banking-intents", empty, soon()));
    }

    @Test
    void nameOutOfTheStoreIsRefused() {
        Path source = writePackage(1);

        assertThatExceptionOfType(InvalidArgument.class)
                .isThrownBy(() -> store(PLENTY).put("../banking-intents", source, soon()));
    }

    @Test
    void packageOverTheLimitLeavesNothing() {
        Path source = writePackage(1);

        assertThatThrownBy(() -> store(GRAPH_BYTES).put("banking-intents", source, soon()))
                .isInstanceOf(TooLarge.class)
                .hasMessageContaining("at most " + GRAPH_BYTES);

        assertThat(isEmpty()).isTrue();
    }

    @Test
    void passedDeadlineLeavesNothing() {
        Path source = writePackage(1);

        assertThatExceptionOfType(DeadlineExceeded.class)
                .isThrownBy(() -> store(PLENTY).put("banking-intents", source, Deadline.after(Duration.ZERO)));

        assertThat(isEmpty()).isTrue();
    }

    /** Whether the store holds nothing, half-written packages included. */
    protected abstract boolean isEmpty();

    @Test
    void manyPutTheSameAndAllSeeItWhole() throws Exception {
        int writers = 8;
        List<Path> sources = List.of(writePackage(1), writePackage(2));
        Set<ModelUri> uris = new HashSet<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(writers)) {
            List<Future<ModelUri>> puts = new ArrayList<>();
            for (int i = 0; i < writers; i++) {
                Path source = sources.get(i % 2);
                Path target = folder.resolve("target-" + i);
                puts.add(threads.submit(() -> {
                    ModelUri uri =
                            store(PLENTY).put("banking-intents", source, soon()).uri();
                    // Whoever has the URI can have the package, whoever of them wrote it.
                    store(PLENTY).fetchInto(uri, target, soon());
                    return uri;
                }));
            }
            for (Future<ModelUri> put : puts) {
                uris.add(put.get(60, TimeUnit.SECONDS));
            }
        }

        assertThat(uris).hasSize(2);
    }

    @Test
    void readersNeverSeeHalfOfAVersion() throws Exception {
        Path source = writePackage(1);
        ModelUri uri = new ModelUri(
                store(PLENTY).scheme(),
                pathOf("banking-intents"),
                Optional.of(new PackageFolder(source).manifest(PLENTY, soon()).digest()));
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            Future<?> put = threads.submit(() -> store(PLENTY).put("banking-intents", source, soon()));
            int attempt = 0;
            boolean seen = false;
            while (!seen) {
                boolean done = put.isDone();
                try {
                    store(PLENTY).fetchInto(uri, folder.resolve("target-" + attempt++), soon());
                    seen = true;
                } catch (NotFound notYet) {
                    assertThat(done).as(notYet.getMessage()).isFalse();
                } catch (Failure e) {
                    throw new AssertionError("a version that is not whole", e);
                }
            }
            put.get(60, TimeUnit.SECONDS);
        }
    }

    /** The path of a package's URIs. */
    protected abstract String pathOf(String name);

    private static Set<String> listing(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            return new HashSet<>(
                    files.map(file -> root.relativize(file).toString()).toList());
        }
    }
}
