package dev.weft.embedding.batch;

import dev.weft.database.Database;
import dev.weft.embedding.collection.Collection;
import dev.weft.embedding.collection.Collections;
import dev.weft.embedding.file.StoredFile;
import dev.weft.embedding.file.StoredFile.Purpose;
import dev.weft.embedding.file.StoredFiles;
import dev.weft.kit.error.Failure;
import dev.weft.kit.identity.AllowedModels;
import dev.weft.kit.time.Deadline;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** All batches, as clients see them. Thread-safe; all calls block, and throw {@link Failure.Unavailable} when the database does not answer. */
@Singleton
public class Batches {

    private static final Duration USUAL_WINDOW = Duration.ofHours(24);
    private static final Duration RETRY_AFTER = Duration.ofMinutes(1);
    private static final int MAX_LIST = 100;
    private static final int MAX_METADATA = 16;
    private static final int MAX_METADATA_KEY = 64;
    private static final int MAX_METADATA_VALUE = 512;

    private final Database database;
    private final StoredFiles files;
    private final Collections collections;
    private final BatchConfig config;

    Batches(Database database, StoredFiles files, Collections collections, BatchConfig config) {
        this.database = database;
        this.files = files;
        this.collections = collections;
        this.config = config;
    }

    /** Some batches, and whether there are more. */
    public record Page(List<Batch> batches, boolean hasMore) {}

    /**
     * What a client wants.
     *
     * @param owner whose it is, and whose the input must be; empty for anybody's input, whose owner the batch then has
     * @param inputFile its rows; empty when there is a source
     * @param source where its rows come from, its model empty for the usual one; null when there is an input
     * @param window null for 24 hours
     * @param models rows that name others fail
     * @param outputKeep after what time the output may be deleted; null for the configured one
     */
    public record Order(
            String owner,
            String inputFile,
            Batch.@Nullable Source source,
            String endpoint,
            @Nullable Duration window,
            Map<String, String> metadata,
            AllowedModels models,
            @Nullable Duration outputKeep) {}

    /**
     * Accepts a batch.
     *
     * @throws Failure.NotFound when there is no such file or collection
     * @throws Failure.InvalidArgument when something of the order is not accepted
     * @throws Failure.ResourceExhausted when too many are open
     */
    public Batch submit(Order order) {
        Duration window = order.window() == null ? USUAL_WINDOW : order.window();
        check(order, window);
        Endpoint endpoint = Endpoint.of(order.endpoint());
        requireCollection(endpoint);
        Batch.Source source = order.source() == null ? null : source(order.source(), endpoint);
        String id = "batch_" + UUID.randomUUID().toString().replace("-", "");
        return database.inTransaction(connection -> {
            if (BatchRepository.countOpen(connection) >= config.maxOpen()) {
                throw new Failure.ResourceExhausted(
                        "batches: " + config.maxOpen() + " are open (expected: less; weft.embedding.batch.max-open)",
                        RETRY_AFTER);
            }
            String owner = source == null ? useInput(connection, order) : order.owner();
            BatchRepository.insert(connection, id, owner, source, window, order);
            return require(connection, id, order.owner());
        });
    }

    /** Whose the input is, which is kept from now on. */
    private String useInput(Connection connection, Order order) throws SQLException {
        StoredFile input = files.use(connection, order.inputFile(), order.owner());
        if (input.purpose() != Purpose.BATCH) {
            throw new Failure.InvalidArgument("input_file_id: the file's purpose is "
                    + input.purpose().wireName() + " (expected: " + Purpose.BATCH.wireName() + ")");
        }
        return input.owner();
    }

    private void requireCollection(Endpoint endpoint) {
        switch (endpoint) {
            case Endpoint.Embeddings _ -> {
                // It has none.
            }
            case Endpoint.Points(String name) -> {
                Collection _ = collection(name);
            }
        }
    }

    private Collection collection(String name) {
        return collections.get(name, Deadline.after(config.requestTimeout()));
    }

    private Batch.Source source(Batch.Source wanted, Endpoint endpoint) {
        Collection collection = collection(wanted.collection());
        return switch (endpoint) {
            case Endpoint.Points _ -> {
                if (!wanted.model().isEmpty()) {
                    throw new Failure.InvalidArgument("model: '" + wanted.model()
                            + "' (expected: none, as the model is that of the collection that gets the points)");
                }
                yield wanted;
            }
            case Endpoint.Embeddings _ -> {
                String model = wanted.model().isEmpty() ? collection.model() : wanted.model();
                if (model.isEmpty()) {
                    throw new Failure.InvalidArgument("model: missing (expected: the name of a model, as collection '"
                            + collection.name() + "' has none)");
                }
                yield new Batch.Source(collection.name(), model);
            }
        };
    }

    private void check(Order order, Duration window) {
        if (order.inputFile().isEmpty() == (order.source() == null)) {
            throw new Failure.InvalidArgument("input_file_id, input_collection: "
                    + (order.source() == null ? "neither" : "both") + " (expected: one of the two)");
        }
        if (window.isNegative() || window.isZero() || window.compareTo(config.maxWindow()) > 0) {
            throw new Failure.InvalidArgument(
                    "completion_window: " + window + " (expected: more than 0, at most " + config.maxWindow() + ")");
        }
        Duration keep = order.outputKeep();
        if (keep != null && (keep.isNegative() || keep.isZero())) {
            throw new Failure.InvalidArgument("output_expires_after: " + keep + " (expected: more than 0)");
        }
        if (order.metadata().size() > MAX_METADATA) {
            throw new Failure.InvalidArgument(
                    "metadata: " + order.metadata().size() + " entries (expected: at most " + MAX_METADATA + ")");
        }
        order.metadata().forEach((key, value) -> {
            if (key.length() > MAX_METADATA_KEY || value.length() > MAX_METADATA_VALUE) {
                throw new Failure.InvalidArgument("metadata: a key of " + key.length() + " characters with a value of "
                        + value.length() + " (expected: at most " + MAX_METADATA_KEY + " and " + MAX_METADATA_VALUE
                        + ")");
            }
        });
    }

    /**
     * A batch.
     *
     * @param owner whose it must be; empty for anybody's
     * @throws Failure.NotFound when he has no such batch
     */
    public Batch get(String id, String owner) {
        return database.inTransaction(connection -> require(connection, id, owner));
    }

    /**
     * Batches, the newest first.
     *
     * @param owner whose; empty for everybody's
     * @param after the batch to begin behind; empty to begin at the newest
     * @param limit 1 to 100
     * @throws Failure.NotFound when there is no batch to begin behind
     */
    public Page list(String owner, String after, int limit) {
        if (limit < 1 || limit > MAX_LIST) {
            throw new Failure.InvalidArgument("limit: " + limit + " (expected: 1 to " + MAX_LIST + ")");
        }
        List<Batch> batches = database.inTransaction(connection -> BatchRepository.list(
                connection, owner, after.isEmpty() ? null : require(connection, after, owner), limit + 1));
        boolean more = batches.size() > limit;
        return new Page(more ? batches.subList(0, limit) : batches, more);
    }

    /**
     * Stops the work on a batch. What is done of it can be read when it is cancelled.
     *
     * @param owner whose it must be; empty for anybody's
     * @throws Failure.NotFound when he has no such batch
     * @throws Failure.FailedPrecondition when it has ended
     */
    public Batch cancel(String id, String owner) {
        return database.inTransaction(connection -> {
            require(connection, id, owner);
            if (BatchRepository.cancel(connection, id)) {
                ChunkRepository.skipWaiting(connection, id);
            }
            Batch batch = require(connection, id, owner);
            if (batch.state().isEnded()) {
                throw new Failure.FailedPrecondition(
                        "batch '" + id + "' is " + batch.state() + " (expected: one that has not ended)");
            }
            return batch;
        });
    }

    private static Batch require(Connection connection, String id, String owner) throws SQLException {
        return BatchRepository.find(connection, id)
                .filter(batch -> owner.isEmpty() || batch.owner().equals(owner))
                .orElseThrow(() -> new Failure.NotFound("batch '" + id + "' does not exist"));
    }
}
