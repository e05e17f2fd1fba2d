package dev.weft.training.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.time.Deadline;
import dev.weft.store.ModelStores;
import dev.weft.store.Published;
import dev.weft.store.cache.CachedPackage;
import dev.weft.store.cache.PackageCache;
import dev.weft.testkit.DatabaseResource;
import dev.weft.training.runtime.RuntimeSettings;
import dev.weft.training.runtime.textclassifier.Encoders;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The service as it starts, over an empty schema: its migrations, its stores, its cache. */
@QuarkusTest
@TestProfile(StoresTest.Folders.class)
@QuarkusTestResource(value = DatabaseResource.class, initArgs = @ResourceArg(name = "schema", value = "training"))
class StoresTest {

    /** Folders of this run's own. */
    public static final class Folders implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            String root = Path.of("target/stores-" + UUID.randomUUID())
                    .toAbsolutePath()
                    .toString();
            return Map.of(
                    "weft.training.store.folder", root + "/packages",
                    "weft.training.store.cache-folder", root + "/cache",
                    "weft.training.store.reserved-disk", "0",
                    "weft.training.text-classifier.model-folders", "target/test-models",
                    "quarkus.grpc.server.port", "0",
                    "quarkus.grpc.server.test-port", "0");
        }
    }

    @TempDir
    private Path folder;

    @Inject
    ModelStores stores;

    @Inject
    PackageCache cache;

    @Inject
    Encoders encoders;

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(30));
    }

    @Test
    void bothStoresKeepAPackageAndTheCacheFetchesIt() throws IOException {
        Files.writeString(folder.resolve("config.json"), "{}");

        Published inFile = stores.of("file").put("probe", folder, soon());
        Published inPostgres = stores.of("pg").put("probe", folder, soon());

        assertThat(inPostgres.manifest()).isEqualTo(inFile.manifest());
        try (CachedPackage cached = cache.get(inPostgres.uri(), soon())) {
            assertThat(cached.folder().resolve("config.json")).hasContent("{}");
        }
    }

    @Test
    void encoderIsFoundInTheModelFolders() {
        try (Encoders.Encoder encoder = encoders.open("all-minilm-l6-v2", soon())) {
            assertThat(encoder.folder().resolve("tokenizer.json")).exists();
            RuntimeSettings.Told told = encoders.settings(encoder, soon());
            assertThat(told.values())
                    .containsEntry("inference", "127.0.0.1:8081")
                    .containsKey("deadline_seconds");
            assertThat(told.files()).containsEntry("encoder", encoder.folder().toAbsolutePath());
        }
        assertThatThrownBy(() -> encoders.open("other", soon()))
                .isInstanceOf(InvalidArgument.class)
                .hasMessageContaining("parameter model: other")
                .hasMessageContaining("target/test-models");
    }
}
