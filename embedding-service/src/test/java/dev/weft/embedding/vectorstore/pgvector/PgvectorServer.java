package dev.weft.embedding.vectorstore.pgvector;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.util.Map;

/** A server that has pgvector, which whoever runs the tests names: {@code weft.test.pgvector.url}, {@code .user}, {@code .password}. */
public final class PgvectorServer implements QuarkusTestResourceLifecycleManager {

    static final String URL = "weft.test.pgvector.url";

    /** After the resource that gives every test the embedded server. */
    @Override
    public int order() {
        return 1;
    }

    @Override
    public Map<String, String> start() {
        String url = System.getProperty(URL, "");
        return url.isEmpty()
                ? Map.of()
                : Map.of(
                        "quarkus.datasource.jdbc.url", url,
                        "quarkus.datasource.username", System.getProperty("weft.test.pgvector.user", "postgres"),
                        "quarkus.datasource.password", System.getProperty("weft.test.pgvector.password", ""));
    }

    @Override
    public void stop() {
        // The server is somebody else's.
    }
}
