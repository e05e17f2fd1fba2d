package dev.weft.inference.v2;

import dev.weft.inference.fixtures.TestPackages;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.nio.file.Path;
import java.util.Map;

/** Starts the service on a repository of its own: the tests' packages and the bundled one. */
public final class TestRepository implements QuarkusTestResourceLifecycleManager {

    static final Path FOLDER = Path.of("target/test-repository").toAbsolutePath();

    @Override
    public Map<String, String> start() {
        TestPackages.delete(FOLDER);
        TestPackages.writeAll(FOLDER);
        return Map.of("weft.inference.model-folders", FOLDER + "," + TestPackages.BUNDLED.getParent());
    }

    @Override
    public void stop() {
        // The folder stays for whoever looks into a failure; the next start replaces it.
    }
}
