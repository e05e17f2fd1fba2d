package dev.weft.inference.v2;

import dev.weft.inference.fixtures.TestPackages;
import dev.weft.testkit.FreePorts;
import dev.weft.testkit.ScriptedProvider;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.nio.file.Path;
import java.util.Map;

/** Starts the service on a repository of its own: the tests' packages and the bundled one. */
public final class TestRepository implements QuarkusTestResourceLifecycleManager {

    static final Path FOLDER = Path.of("target/test-repository").toAbsolutePath();

    private static volatile int grpcPort;
    private static final ScriptedProvider PROVIDER = new ScriptedProvider();

    /** The provider of the packages that name one. */
    static ScriptedProvider provider() {
        return PROVIDER;
    }

    /** Where the service under test answers gRPC. */
    static int grpcPort() {
        return grpcPort;
    }

    @Override
    public Map<String, String> start() {
        TestPackages.delete(FOLDER);
        TestPackages.writeAll(FOLDER);
        grpcPort = FreePorts.next();
        return Map.of(
                "weft.inference.model-folders", FOLDER + "," + TestPackages.BUNDLED.getParent(),
                "weft.inference.providers.scripted.base-url", PROVIDER.baseUrl(),
                "weft.inference.providers.scripted.api-key", ScriptedProvider.KEY,
                "quarkus.grpc.server.port", Integer.toString(grpcPort),
                "quarkus.grpc.server.test-port", Integer.toString(grpcPort));
    }

    @Override
    public void stop() {
        // The folder stays for whoever looks into a failure; the next start replaces it.
    }
}
