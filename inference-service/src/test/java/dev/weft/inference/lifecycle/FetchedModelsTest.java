package dev.weft.inference.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.inference.modelpackage.ModelId;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.NotFound;
import dev.weft.kit.time.Deadline;
import dev.weft.store.ModelUri;
import dev.weft.store.Published;
import dev.weft.store.file.FileModelStore;
import dev.weft.testkit.OnnxGraph;
import dev.weft.testkit.OnnxGraph.Element;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Versions that come from a model store, beside those that lie in the folders. */
class FetchedModelsTest {

    private static final ModelId SECOND = new ModelId("intents", 2);

    @TempDir
    private Path folder;

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private EngineFixture engine = new EngineFixture(Path.of("none"), threads, Map.of());
    private ModelRegistry registry = engine.registry;

    @BeforeEach
    void start() throws IOException {
        OnnxGraph.write(OnnxGraph.twoOutputs(), folder.resolve("models/intents"));
        engine = new EngineFixture(
                folder.resolve("models"),
                threads,
                Map.of(
                        "store.folders",
                        folder.resolve("store").toString(),
                        "store.cache-folder",
                        folder.resolve("cache").toString()));
        registry = engine.registry;
        registry.start();
    }

    @AfterEach
    void close() {
        registry.close();
        threads.close();
    }

    private PackageSource publish() throws IOException {
        OnnxGraph.write(OnnxGraph.identity(Element.FLOAT, 2), folder.resolve("trained"));
        Path root = folder.resolve("store");
        FileModelStore store = new FileModelStore(root, List.of(), new FileModelStore.Limits(1 << 20, 0));
        Published published = store.put("intents", folder.resolve("trained"), Deadline.after(Duration.ofSeconds(30)));
        return new PackageSource(published.uri(), published.manifest().digest());
    }

    @Test
    void versionFromAStoreIsServedBesideTheFoldersOwn() throws IOException {
        registry.load(SECOND, publish());

        assertThat(registry.resolve("intents", "2").outputs()).hasSize(1);
        assertThat(registry.resolve("intents", "1").outputs()).hasSize(2);
    }

    @Test
    void versionThatTheFoldersDoNotHaveIsNotTakenForOneWhoseFilesAreGone() throws IOException {
        registry.load(SECOND, publish());

        registry.follow();
        registry.follow();
        registry.load("intents");

        assertThat(registry.index().get(SECOND)).isInstanceOf(ModelState.Ready.class);
    }

    @Test
    void loadingWhatIsLoadedChangesNothing() throws IOException {
        PackageSource source = publish();
        registry.load(SECOND, source);
        ServedModel before = registry.resolve("intents", "2");

        registry.load(SECOND, source);

        assertThat(registry.resolve("intents", "2")).isSameAs(before);
    }

    @Test
    void unloadedVersionCanBeLoadedAgain() throws IOException {
        PackageSource source = publish();
        registry.load(SECOND, source);
        registry.unload("intents");

        registry.load(SECOND, source);

        assertThat(registry.resolve("intents", "2").outputs()).hasSize(1);
    }

    @Test
    void packageThatIsNotWhatWasRegisteredIsRefused() throws IOException {
        PackageSource source = new PackageSource(publish().uri(), "0".repeat(64));

        assertThatThrownBy(() -> registry.load(SECOND, source))
                .isInstanceOf(FailedPrecondition.class)
                .hasMessageContaining("expected: " + "0".repeat(64));
        assertThat(registry.index().get(SECOND))
                .isInstanceOfSatisfying(ModelState.Unavailable.class, state -> assertThat(state.cause())
                        .isEqualTo(ModelState.Cause.NOT_NEEDED));
    }

    @Test
    void packageThatIsNotThereCanComeLater() throws IOException {
        PackageSource gone = new PackageSource(
                ModelUri.parse("file:" + folder.resolve("store/intents") + "@" + "1".repeat(64)), "1".repeat(64));
        assertThatThrownBy(() -> registry.load(SECOND, gone)).isInstanceOf(NotFound.class);

        registry.load(SECOND, publish());

        assertThat(registry.resolve("intents", "2").outputs()).hasSize(1);
    }

    @Test
    void withoutAStoreNothingIsFetched() throws IOException {
        PackageSource source = publish();
        EngineFixture without = new EngineFixture(folder.resolve("models"), threads, Map.of());
        without.registry.start();

        assertThatThrownBy(() -> without.registry.load(SECOND, source))
                .isInstanceOf(InvalidArgument.class)
                .hasMessageContaining("weft.inference.store.folders");
        without.registry.close();
    }
}
