package dev.weft.training.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.kit.error.Failure;
import dev.weft.kit.time.Deadline;
import dev.weft.store.ModelStores;
import dev.weft.store.Published;
import dev.weft.store.file.FileModelStore;
import dev.weft.training.job.JobFixture;
import dev.weft.training.job.JobId;
import dev.weft.training.job.JobState.Publication;
import dev.weft.training.job.PublishTarget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreAndCatalogPublisherTest {

    @TempDir
    private Path root;

    private final InMemoryModelCatalog catalog = new InMemoryModelCatalog();
    private StoreAndCatalogPublisher publisher;

    @BeforeEach
    void makeStore() {
        ModelStores stores = new ModelStores(
                List.of(new FileModelStore(root.resolve("store"), List.of(), new FileModelStore.Limits(1 << 20, 0))));
        publisher = new StoreAndCatalogPublisher(
                stores, Optional.of(catalog), JobFixture.config(PublishConfig.class, Map.of()));
    }

    private Publication publish(String content, double accuracy, double margin) {
        try {
            Path folder = Files.createDirectories(root.resolve("package-" + content));
            Files.writeString(folder.resolve("config.json"), content);
            return publisher.publish(
                    JobId.random(),
                    new PublishTarget("intents", Optional.of("file"), Optional.of("accuracy"), margin),
                    folder,
                    Map.of("accuracy", accuracy),
                    Deadline.after(Duration.ofSeconds(30)));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void firstVersionIsPromoted() {
        Publication published = publish("a", 0.8, 0.5);

        assertThat(published.promoted()).isTrue();
        assertThat(published.version()).isEqualTo("1");
        assertThat(published.uri()).startsWith("file:");
        assertThat(catalog.aliases).containsEntry("intents/stable", 1L);
    }

    @Test
    void publishingAgainComesToTheSameVersion() {
        Publication first = publish("a", 0.8, 0);

        assertThat(publish("a", 0.8, 0)).isEqualTo(first);
        assertThat(catalog.digests).hasSize(1);
    }

    @Test
    void onlyWhatIsBetterByTheMarginIsPromoted() {
        publish("a", 0.80, 0);

        assertThat(publish("b", 0.80, 0).promoted()).isFalse();
        assertThat(publish("c", 0.81, 0.02).promoted()).isFalse();
        assertThat(publish("d", 0.83, 0.02).promoted()).isTrue();
        assertThat(catalog.aliases).containsEntry("intents/stable", 4L);
    }

    @Test
    void changeOfSomebodyElseIsLookedAtAgain() {
        publish("a", 0.80, 0);
        catalog.interference = () -> {
            catalog.interference = () -> {};
            catalog.metrics.put(1L, Map.of("accuracy", 0.99));
            catalog.revision++;
        };

        assertThat(publish("b", 0.90, 0).promoted()).isFalse();
    }

    @Test
    void unknownStoreIsRefused() throws IOException {
        Path folder = Files.createDirectories(root.resolve("p"));
        PublishTarget target = new PublishTarget("intents", Optional.of("s4"), Optional.empty(), 0);

        assertThatThrownBy(() -> publisher.publish(
                        JobId.random(), target, folder, Map.of(), Deadline.after(Duration.ofSeconds(5))))
                .isInstanceOf(Failure.InvalidArgument.class);
        assertThat(catalog.digests).isEmpty();
    }

    /** One model's versions by the digests of their packages. */
    private static final class InMemoryModelCatalog implements ModelCatalog {

        private final List<String> digests = new ArrayList<>();
        private final Map<Long, Map<String, Double>> metrics = new HashMap<>();
        private final Map<String, Long> aliases = new HashMap<>();
        private Runnable interference = () -> {};
        private long revision = 1;

        @Override
        public long register(
                String model,
                Published stored,
                Map<String, Double> measured,
                Map<String, String> labels,
                Deadline deadline) {
            String digest = stored.manifest().digest();
            if (!digests.contains(digest)) {
                digests.add(digest);
                metrics.put((long) digests.size(), measured);
                revision++;
            }
            return digests.indexOf(digest) + 1L;
        }

        @Override
        public Optional<Current> current(String model, String alias, Deadline deadline) {
            return Optional.ofNullable(aliases.get(model + "/" + alias))
                    .map(version -> new Current(version, revision, metrics.getOrDefault(version, Map.of())));
        }

        @Override
        public void promote(String model, String alias, long version, long expected, Deadline deadline) {
            interference.run();
            if (expected != 0 && expected != revision) {
                throw new Failure.Aborted("revision: " + expected + " (expected: " + revision + ")");
            }
            aliases.put(model + "/" + alias, version);
            revision++;
        }
    }
}
