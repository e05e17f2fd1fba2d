package dev.weft.training.rpc;

import dev.weft.testkit.FreePorts;
import dev.weft.testkit.TestPostgres;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/** What the dispatcher under test is given: a database, a port, folders of this run's own. */
public final class DispatcherResource implements QuarkusTestResourceLifecycleManager {

    private static int grpcPort;

    static int grpcPort() {
        return grpcPort;
    }

    @Override
    public Map<String, String> start() {
        grpcPort = FreePorts.next();
        String root = Path.of("target/dispatcher-" + UUID.randomUUID())
                .toAbsolutePath()
                .toString();
        Map<String, String> settings = new HashMap<>(TestPostgres.newSchema(TestPostgres.newDatabase(), "training"));
        settings.put("quarkus.grpc.server.port", Integer.toString(grpcPort));
        settings.put("quarkus.grpc.server.test-port", Integer.toString(grpcPort));
        settings.put("weft.training.local.folder", root + "/runs");
        settings.put("weft.training.local.max-runs", "4");
        settings.put("weft.training.local.grace", "300ms");
        settings.put("weft.training.dispatch.interval", "100ms");
        settings.put("weft.training.dispatch.first-backoff", "50ms");
        settings.put("weft.training.dispatch.scratch-folder", root + "/scratch");
        settings.put("weft.training.store.folder", root + "/packages");
        settings.put("weft.training.store.cache-folder", root + "/cache");
        settings.put("weft.training.store.reserved-disk", "0");
        return settings;
    }

    @Override
    public void stop() {
        // The folders stay for whoever looks into a failure; the database goes with its server.
    }
}
