package dev.weft.testkit;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.util.Map;

/**
 * Gives the Quarkus application under test a database of its own on {@link TestPostgres}, with an empty schema that its role owns. The
 * argument {@code schema} names it: {@code @QuarkusTestResource(value = DatabaseResource.class, initArgs = @ResourceArg(name = "schema", value =
 * "gateway"))}.
 */
public final class DatabaseResource implements QuarkusTestResourceLifecycleManager {

    private String schema = "";

    @Override
    public void init(Map<String, String> arguments) {
        schema = arguments.getOrDefault("schema", "");
        if (schema.isEmpty()) {
            throw new IllegalArgumentException("schema: missing (expected: the service's schema)");
        }
    }

    @Override
    public Map<String, String> start() {
        return TestPostgres.newSchema(TestPostgres.newDatabase(), schema);
    }

    @Override
    public void stop() {
        // The server ends with the JVM, and the database goes with the server's folder.
    }
}
