package dev.weft.embedding.batch;

import dev.weft.database.Database;
import dev.weft.database.lease.Lease;
import dev.weft.database.lease.LeaseKeeper;
import dev.weft.database.lease.LeaseTable;
import dev.weft.database.lease.Leases;
import dev.weft.embedding.file.Blob;
import dev.weft.embedding.file.Blobs;
import dev.weft.embedding.file.StoredFile;
import dev.weft.embedding.file.StoredFiles;
import dev.weft.kit.error.Failure;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What has to be done once for a batch, by one replica: cutting its input before, and putting its files together after. Putting together copies
 * nothing: a file is the list of the blobs that the chunks have written. Thread-safe.
 */
@Singleton
final class BatchSteps {

    private static final Logger LOG = Logger.getLogger(BatchSteps.class);
    private static final Duration REST = Duration.ofSeconds(2);

    private static final LeaseTable<String> TABLE = new LeaseTable<>(
            "batch",
            "id",
            String.class,
            LeaseTable.Columns.USUAL,
            "state IN ('VALIDATING', 'FINALIZING', 'CANCELLING')",
            "created_at, id");

    private final Database database;
    private final StoredFiles files;
    private final ChunkInput rows;
    private final TextsOfCollection texts;
    private final Blobs blobs;
    private final BatchConfig config;
    private final Leases<String> leases;

    BatchSteps(
            Database database,
            StoredFiles files,
            ChunkInput rows,
            TextsOfCollection texts,
            Blobs blobs,
            LeaseKeeper keeper,
            BatchConfig config) {
        this.database = database;
        this.files = files;
        this.rows = rows;
        this.texts = texts;
        this.blobs = blobs;
        this.config = config;
        this.leases = keeper.leases(TABLE, config.lease());
    }

    /** Moves on what time, or the death of a replica between two statements, has left behind. */
    void sweep() {
        database.inTransaction(connection -> {
            for (String expired : BatchRepository.expire(connection)) {
                LOG.infof("%s: the window has closed", expired);
                ChunkRepository.skipWaiting(connection, expired);
            }
            return BatchRepository.finalizeDone(connection);
        });
    }

    /**
     * Does the next step that waits.
     *
     * @param stopped true when this replica is to end
     * @return false when there was none
     * @throws Failure when it could not be done; it waits again then
     */
    boolean next(BooleanSupplier stopped) {
        List<Lease<String>> claimed = leases.claim(1);
        if (claimed.isEmpty()) {
            return false;
        }
        try (Lease<String> lease = claimed.getFirst()) {
            try {
                step(lease, () -> lease.isLost() || stopped.getAsBoolean());
            } catch (Failure.Aborted | Retries.Abandoned e) {
                LOG.debugf("a step was somebody else's in the end: %s", e.getMessage());
            } catch (RuntimeException e) {
                lease.release(REST);
                throw e;
            } catch (IOException e) {
                lease.release(REST);
                throw new Failure.Unavailable("files cannot be read or written: " + e.getMessage());
            }
        }
        return true;
    }

    private void step(Lease<String> lease, BooleanSupplier abandoned) throws IOException {
        Optional<Batch> found = database.inTransaction(connection -> BatchRepository.find(connection, lease.key()));
        if (found.isEmpty()) {
            return;
        }
        Batch batch = found.get();
        switch (batch.state()) {
            case VALIDATING -> validate(lease, batch, abandoned);
            case FINALIZING, CANCELLING -> assemble(lease, batch, abandoned);
            case FAILED, IN_PROGRESS, COMPLETED, EXPIRED, CANCELLED -> LOG.debugf("%s: nothing to do", batch.id());
        }
    }

    private void validate(Lease<String> lease, Batch batch, BooleanSupplier abandoned) throws IOException {
        Batch whole = batch;
        try {
            if (batch.inputFile().isEmpty()) {
                whole = written(lease, batch, abandoned);
            }
            cut(lease, whole, abandoned);
        } catch (Failure.NotFound e) {
            fail(lease, whole, new BatchError("collection_not_found", String.valueOf(e.getMessage()), 0));
        } catch (Failure.TooLarge e) {
            fail(lease, whole, new BatchError("input_too_large", String.valueOf(e.getMessage()), 0));
        }
    }

    private void fail(Lease<String> lease, Batch batch, BatchError error) {
        database.inTransaction(connection -> {
            leases.complete(connection, lease);
            files.release(connection, batch.inputFile());
            return BatchRepository.fail(connection, batch.id(), 0, List.of(error));
        });
        LOG.infof("%s: failed, %s", batch.id(), error.code());
    }

    /** The batch with its rows in a file. */
    private Batch written(Lease<String> lease, Batch batch, BooleanSupplier abandoned) throws IOException {
        StoredFile input = texts.write(batch, Objects.requireNonNull(batch.source()), abandoned);
        return database.inTransaction(connection -> {
            leases.require(connection, lease);
            files.use(connection, input.id(), "");
            BatchRepository.setInput(connection, batch.id(), input.id());
            return BatchRepository.find(connection, batch.id()).orElseThrow();
        });
    }

    private void cut(Lease<String> lease, Batch batch, BooleanSupplier abandoned) throws IOException {
        InputCutter.Cut cut;
        RowParser parser = rows.parser(batch.endpoint());
        try (InputStream input = files.openUsed(batch.inputFile(), 0)) {
            cut = new InputCutter(config, parser).cut(input, abandoned);
        }
        if (abandoned.getAsBoolean()) {
            return;
        }
        database.inTransaction(connection -> {
            leases.complete(connection, lease);
            if (!cut.errors().isEmpty()) {
                BatchRepository.fail(connection, batch.id(), cut.rows(), cut.errors());
                files.release(connection, batch.inputFile());
            } else if (BatchRepository.begin(connection, batch.id(), cut.model(), cut.rows())) {
                ChunkRepository.insert(connection, batch.id(), cut.ranges());
            }
            return true;
        });
        LOG.infof(
                "%s: %d rows in %d chunks", batch.id(), cut.rows(), cut.ranges().size());
    }

    private void assemble(Lease<String> lease, Batch batch, BooleanSupplier abandoned) throws IOException {
        boolean expiring = database.inTransaction(connection -> BatchRepository.isExpiring(connection, batch.id()));
        BatchState end = expiring
                ? BatchState.EXPIRED
                : batch.state() == BatchState.CANCELLING ? BatchState.CANCELLED : BatchState.COMPLETED;
        while (!abandoned.getAsBoolean()) {
            Optional<Chunk> chunk =
                    database.inTransaction(connection -> ChunkRepository.findUnaccounted(connection, batch.id()));
            if (chunk.isEmpty()) {
                database.inTransaction(connection -> end(connection, lease, batch, end));
                LOG.infof("%s: %s", batch.id(), end);
                return;
            }
            account(lease, chunk.get(), end);
        }
    }

    private boolean end(Connection connection, Lease<String> lease, Batch batch, BatchState state) throws SQLException {
        leases.complete(connection, lease);
        Duration keep = BatchRepository.outputKeep(connection, batch.id());
        String output = file(connection, batch, false, keep);
        String errors = file(connection, batch, true, keep);
        ChunkRepository.forgetBlobs(connection, batch.id());
        files.release(connection, batch.inputFile());
        return BatchRepository.end(connection, batch.id(), state, output, errors);
    }

    private @Nullable String file(Connection connection, Batch batch, boolean errors, @Nullable Duration keep)
            throws SQLException {
        List<Blob> parts = ChunkRepository.blobs(connection, batch.id(), errors);
        if (parts.isEmpty()) {
            return null;
        }
        String name = batch.id() + (errors ? "_error.jsonl" : "_output.jsonl");
        StoredFile file = files.assemble(connection, batch.owner(), name, parts, keep);
        return file.id();
    }

    /** Writes down for each row of a chunk that nobody has worked on that nobody will. */
    private void account(Lease<String> lease, Chunk chunk, BatchState end) throws IOException {
        RowFailure failure = end == BatchState.EXPIRED
                ? new RowFailure(0, "batch_expired", "The window of the batch closed before this row was worked on.")
                : new RowFailure(0, "batch_cancelled", "The batch was cancelled before this row was worked on.");
        try (ResultWriter writer = new ResultWriter(blobs, chunk.batch())) {
            for (Row row : rows.readUnused(chunk)) {
                if (row.failure() == null) {
                    row.fail(failure);
                }
                writer.write(row);
            }
            ChunkResults results = writer.finish();
            database.inTransaction(connection -> {
                leases.require(connection, lease);
                if (!ChunkRepository.finish(connection, chunk.id(), "SKIPPED", "SKIPPED", results)) {
                    throw new Failure.Aborted("chunk " + chunk.id() + ": changed (expected: SKIPPED)");
                }
                if (results.errors().isPresent()) {
                    blobs.keep(connection, results.errors().get().id());
                }
                return true;
            });
            writer.release();
        }
    }
}
