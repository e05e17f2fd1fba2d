package dev.weft.embedding.vectorstore.pinecone;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.embedding.vectorstore.Metric;
import dev.weft.embedding.vectorstore.VectorSpace;
import dev.weft.kit.error.Failure.NotFound;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.time.Deadline;
import jakarta.inject.Singleton;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/**
 * Pinecone's control plane: which index a space is in, and where that is. Thread-safe; blocks.
 *
 * @see <a href="https://docs.pinecone.io/reference/api/latest/control-plane/create_index">Create an index</a>
 * @see <a href="https://docs.pinecone.io/reference/api/latest/control-plane/describe_index">Describe an index</a>
 */
@Singleton
final class PineconeIndexes {

    private static final int NOT_FOUND = 404;
    private static final int CONFLICT = 409;
    private static final Duration LOOK = Duration.ofMillis(500);

    private final PineconeConfig config;
    private final PineconeClient client;
    private final Map<String, URI> hosts = new ConcurrentHashMap<>();

    PineconeIndexes(PineconeConfig config, PineconeClient client) {
        this.config = config;
        this.client = client;
    }

    private String name(VectorSpace space) {
        return config.indexPrefix() + "-" + space.dimension() + "-" + metric(space.metric());
    }

    private static String metric(Metric metric) {
        return switch (metric) {
            case COSINE -> "cosine";
            case DOT -> "dotproduct";
            case EUCLIDEAN -> "euclidean";
        };
    }

    private URI control(String path) {
        return config.controlUrl().resolve(path);
    }

    /** Makes the space's index, unless it is there, and waits until it can be used. */
    void create(VectorSpace space, Deadline deadline) {
        String name = name(space);
        PineconeClient.Answer found = client.ask("GET", control("/indexes/" + name), null, deadline);
        if (found.status() == NOT_FOUND) {
            PineconeClient.Answer made = client.ask("POST", control("/indexes"), index(space, name), deadline);
            // Another replica may have been first.
            if (!made.isOk() && made.status() != CONFLICT) {
                throw PineconeClient.failure(made);
            }
        } else if (!found.isOk()) {
            throw PineconeClient.failure(found);
        }
        while (true) {
            JsonNode index = client.call("GET", control("/indexes/" + name), null, deadline);
            if (index.path("status").path("ready").asBoolean()) {
                hosts.put(name, host(index));
                return;
            }
            if (deadline.remaining().compareTo(LOOK) <= 0) {
                throw new Unavailable("Pinecone: index '" + name + "' is "
                        + index.path("status").path("state").asText("unknown") + " (expected: Ready; try again)");
            }
            LockSupport.parkNanos(LOOK.toNanos());
        }
    }

    private ObjectNode index(VectorSpace space, String name) {
        ObjectNode index = JsonNodeFactory.instance
                .objectNode()
                .put("name", name)
                .put("dimension", space.dimension())
                .put("metric", metric(space.metric()))
                .put("vector_type", "dense")
                .put("deletion_protection", "disabled");
        index.putObject("spec")
                .putObject("serverless")
                .put("cloud", config.cloud())
                .put("region", config.region());
        return index;
    }

    /**
     * Where the space's data are.
     *
     * @throws NotFound when there is no such index
     */
    URI host(VectorSpace space, Deadline deadline) {
        String name = name(space);
        URI known = hosts.get(name);
        if (known != null) {
            return known;
        }
        URI host = host(client.call("GET", control("/indexes/" + name), null, deadline));
        hosts.put(name, host);
        return host;
    }

    private URI host(JsonNode index) {
        return URI.create(
                config.controlUrl().getScheme() + "://" + index.path("host").asText());
    }
}
