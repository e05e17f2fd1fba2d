package dev.weft.embedding.batch;

import dev.weft.database.Database;
import dev.weft.embedding.file.StoredFile;
import dev.weft.embedding.file.StoredFile.Purpose;
import dev.weft.embedding.file.StoredFiles;
import dev.weft.kit.error.Failure;
import dev.weft.kit.identity.AllowedModels;
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

    /** What rows may ask for. */
    public static final String ENDPOINT = "/v1/embeddings";

    private static final Duration USUAL_WINDOW = Duration.ofHours(24);
    private static final Duration RETRY_AFTER = Duration.ofMinutes(1);
    private static final int MAX_LIST = 100;
    private static final int MAX_METADATA = 16;
    private static final int MAX_METADATA_KEY = 64;
    private static final int MAX_METADATA_VALUE = 512;

    private final Database database;
    private final StoredFiles files;
    private final BatchConfig config;

    Batches(Database database, StoredFiles files, BatchConfig config) {
        this.database = database;
        this.files = files;
        this.config = config;
    }

    /** Some batches, and whether there are more. */
    public record Page(List<Batch> batches, boolean hasMore) {}

    /**
     * What a client wants.
     *
     * @param owner whose it is, and whose the input must be; empty for anybody's input, whose owner the batch then has
     * @param window null for 24 hours
     * @param models rows that name others fail
     * @param outputKeep after what time the output may be deleted; null for the configured one
     */
    public record Order(
            String owner,
            String inputFile,
            String endpoint,
            @Nullable Duration window,
            Map<String, String> metadata,
            AllowedModels models,
            @Nullable Duration outputKeep) {}

    /**
     * Accepts a batch.
     *
     * @throws Failure.NotFound when there is no such file
     * @throws Failure.InvalidArgument when something of the order is not accepted
     * @throws Failure.ResourceExhausted when too many are open
     */
    public Batch submit(Order order) {
        Duration window = order.window() == null ? USUAL_WINDOW : order.window();
        check(order, window);
        String id = "batch_" + UUID.randomUUID().toString().replace("-", "");
        return database.inTransaction(connection -> {
            if (BatchRepository.countOpen(connection) >= config.maxOpen()) {
                throw new Failure.ResourceExhausted(
                        "batches: " + config.maxOpen() + " are open (expected: less; weft.embedding.batch.max-open)",
                        RETRY_AFTER);
            }
            StoredFile input = files.use(connection, order.inputFile(), order.owner());
            if (input.purpose() != Purpose.BATCH) {
                throw new Failure.InvalidArgument("input_file_id: the file's purpose is "
                        + input.purpose().wireName() + " (expected: " + Purpose.BATCH.wireName() + ")");
            }
            BatchRepository.insert(connection, id, input, window, order);
            return require(connection, id, order.owner());
        });
    }

    private void check(Order order, Duration window) {
        if (!order.endpoint().equals(ENDPOINT)) {
            throw new Failure.InvalidArgument("endpoint: '" + order.endpoint() + "' (expected: " + ENDPOINT + ")");
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
