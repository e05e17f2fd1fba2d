package dev.weft.store.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.weft.kit.error.Failure.TooLarge;
import dev.weft.kit.time.Deadline;
import dev.weft.store.CountingStore;
import dev.weft.store.ModelStores;
import dev.weft.store.ModelUri;
import dev.weft.store.Published;
import dev.weft.store.file.FileModelStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PackageCacheTest {

    private static final int BYTES = 100_000;

    @TempDir
    private Path folder;

    private CountingStore store =
            new CountingStore(new FileModelStore(Path.of("target"), List.of(), new FileModelStore.Limits(BYTES, 0)));

    @BeforeEach
    void openStore() {
        store = new CountingStore(
                new FileModelStore(folder.resolve("store"), List.of(), new FileModelStore.Limits(BYTES, 0)));
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(20));
    }

    private PackageCache cache(long maxBytes) {
        return new PackageCache(folder.resolve("cache"), new ModelStores(List.of(store)), maxBytes);
    }

    private Published publish(int seed) {
        Path source = folder.resolve("source-" + seed);
        byte[] content = new byte[BYTES];
        new Random(seed).nextBytes(content);
        try {
            Files.createDirectories(source);
            Files.write(source.resolve("model.onnx"), content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return store.put("model-" + seed, source, soon());
    }

    private long read(Published published) {
        return store.bytesOf(published.manifest().files().getFirst());
    }

    private List<String> kept() throws IOException {
        try (Stream<Path> folders = Files.list(folder.resolve("cache/packages"))) {
            return folders.map(path -> path.getFileName().toString()).toList();
        }
    }

    @Test
    void packageIsFetchedOnce() {
        Published published = publish(1);

        try (CachedPackage first = cache(BYTES).get(published.uri(), soon())) {
            assertThat(first.folder().resolve("model.onnx"))
                    .hasSameBinaryContentAs(folder.resolve("source-1/model.onnx"));
        }
        try (CachedPackage second = cache(BYTES).get(published.uri(), soon())) {
            assertThat(second.manifest()).isEqualTo(published.manifest());
        }

        assertThat(read(published)).isEqualTo(BYTES);
    }

    @Test
    void threadsThatWantTheSameFetchItOnce() throws Exception {
        Published published = publish(1);
        PackageCache cache = cache(BYTES);
        try (ExecutorService threads = Executors.newFixedThreadPool(6)) {
            List<Future<Path>> gets = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                gets.add(threads.submit(() -> {
                    try (CachedPackage got = cache.get(published.uri(), soon())) {
                        return got.folder();
                    }
                }));
            }
            for (Future<Path> get : gets) {
                assertThat(get.get(30, TimeUnit.SECONDS)).isDirectory();
            }
        }

        assertThat(read(published)).isEqualTo(BYTES);
    }

    @Test
    void longestUnusedGoesFirst() throws IOException {
        PackageCache cache = cache(2 * BYTES);
        Published first = publish(1);
        Published second = publish(2);
        cache.get(first.uri(), soon()).close();
        cache.get(second.uri(), soon()).close();
        Files.setLastModifiedTime(
                folder.resolve("cache/packages/" + digest(first) + "/manifest"),
                java.nio.file.attribute.FileTime.fromMillis(1));

        Published third = publish(3);
        cache.get(third.uri(), soon()).close();

        assertThat(kept()).containsExactlyInAnyOrder(digest(second), digest(third));
    }

    @Test
    void packageInUseStays() throws IOException {
        PackageCache cache = cache(BYTES);
        Published first = publish(1);
        Published second = publish(2);

        try (CachedPackage used = cache.get(first.uri(), soon())) {
            cache.get(second.uri(), soon()).close();

            assertThat(used.folder().resolve("model.onnx")).exists();
        }

        assertThat(kept()).containsExactlyInAnyOrder(digest(first), digest(second));
    }

    @Test
    void cutFileIsFetchedAnew() throws IOException {
        PackageCache cache = cache(BYTES);
        Published published = publish(1);
        cache.get(published.uri(), soon()).close();
        Files.write(folder.resolve("cache/packages/" + digest(published) + "/package/model.onnx"), new byte[10]);

        try (CachedPackage again = cache.get(published.uri(), soon())) {
            assertThat(again.folder().resolve("model.onnx"))
                    .hasSameBinaryContentAs(folder.resolve("source-1/model.onnx"));
        }
    }

    @Test
    void brokenManifestIsFetchedAnew() throws IOException {
        PackageCache cache = cache(BYTES);
        Published published = publish(1);
        cache.get(published.uri(), soon()).close();
        Files.writeString(folder.resolve("cache/packages/" + digest(published) + "/manifest"), "weft");

        try (CachedPackage again = cache.get(published.uri(), soon())) {
            assertThat(again.manifest()).isEqualTo(published.manifest());
        }
    }

    @Test
    void packageLargerThanTheCacheIsRefused() {
        ModelUri uri = publish(1).uri();

        assertThatExceptionOfType(TooLarge.class)
                .isThrownBy(() -> cache(BYTES - 1).get(uri, soon()));
    }

    private static String digest(Published published) {
        return published.manifest().digest();
    }
}
