package dev.weft.local.mesh;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** Asks services how they are, over HTTP. */
final class Readiness implements AutoCloseable {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    /** A real request to the bundled model: what a user would send first. */
    private static final String FIRST_REQUEST = "{\"model\": \"all-minilm-l6-v2\", \"input\": \"Is the mesh awake?\"}";

    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

    /** True when the service says that it is ready. */
    boolean isReady(int port) {
        return isOk(request(port, "/q/health/ready").GET().build());
    }

    /** True when a text goes in through the gateway and a vector comes out. */
    boolean answers(int gatewayPort) {
        return isOk(request(gatewayPort, "/v1/embeddings")
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(FIRST_REQUEST))
                .build());
    }

    private static HttpRequest.Builder request(int port, String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(TIMEOUT);
    }

    private boolean isOk(HttpRequest request) {
        try {
            return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException _) {
            return false;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
