package dev.weft.store.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.ResourceExhausted;
import dev.weft.store.Manifest;
import dev.weft.store.ModelStore;
import dev.weft.store.ModelStoreContract;
import dev.weft.store.ModelUri;
import dev.weft.store.Published;
import dev.weft.store.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A store of folders; not final, so that what others make of one can be held against the same. */
public class FileModelStoreTest extends ModelStoreContract {

    private Path root() {
        return folder.resolve("store");
    }

    @Override
    protected ModelStore store(long maxPackageBytes) {
        return new FileModelStore(root(), List.of(), new FileModelStore.Limits(maxPackageBytes, 0));
    }

    @Override
    protected String pathOf(String name) {
        return root().resolve(name).toString();
    }

    private static Path version(ModelUri uri) {
        return Path.of(uri.path()).resolve(uri.version().orElseThrow());
    }

    @Override
    protected void overwrite(Published published, Manifest.Entry file, byte[] content) {
        try {
            Files.write(version(published.uri()).resolve("package").resolve(file.path()), content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    protected ModelUri plant(String name, String manifest) {
        String digest = Sha256.of(manifest.getBytes(StandardCharsets.UTF_8));
        ModelUri uri = new ModelUri("file", pathOf(name), Optional.of(digest));
        try {
            Files.createDirectories(version(uri).resolve("package"));
            Files.writeString(version(uri).resolve("manifest"), manifest);
            Files.writeString(root().resolve("outside"), "hello");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return uri;
    }

    @Override
    protected void swapManifest(Published honest, ModelUri planted) {
        try {
            Files.copy(
                    version(planted).resolve("manifest"),
                    version(honest.uri()).resolve("manifest"),
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    protected boolean isEmpty() {
        if (!Files.exists(root())) {
            return true;
        }
        try (Stream<Path> files = Files.walk(root())) {
            return files.noneMatch(Files::isRegularFile);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void fullDiskLeavesNothing() throws IOException {
        Path source = writePackage(1);
        Files.createDirectories(root());
        long free = Files.getFileStore(root()).getUsableSpace();
        ModelStore nearlyFull = new FileModelStore(root(), List.of(), new FileModelStore.Limits(PLENTY, free + PLENTY));

        assertThatThrownBy(() -> nearlyFull.put("banking-intents", source, soon()))
                .isInstanceOf(ResourceExhausted.class)
                .hasMessageContaining("which are free");

        assertThat(isEmpty()).isTrue();
    }

    @Test
    void folderThatIsNoVersionIsReadAsItIs() throws IOException {
        Path plain = writePackage(1);
        ModelStore store = new FileModelStore(root(), List.of(folder), new FileModelStore.Limits(PLENTY, 0));

        Manifest fetched = store.fetchInto(ModelUri.parse("file:" + plain), folder.resolve("target"), soon());

        assertThat(fetched.files()).hasSize(4);
        assertThat(folder.resolve("target/config.json")).hasContent("{\"seed\": 1}");
    }

    @Test
    void foldersThatAreNotListedCannotBeRead() throws IOException {
        Files.createDirectories(root());
        Files.createSymbolicLink(root().resolve("link"), Path.of("/etc"));

        for (String uri :
                List.of("file:/etc", "file:" + root() + "/../../..", "file:" + root() + "/link", "file:etc")) {
            assertThatThrownBy(() -> store(PLENTY).manifest(ModelUri.parse(uri), soon()))
                    .as(uri)
                    .isInstanceOf(InvalidArgument.class);
        }
    }
}
