package dev.weft.embedding.batch;

import dev.weft.database.Database;
import dev.weft.database.lease.Lease;
import dev.weft.database.lease.LeaseKeeper;
import dev.weft.database.lease.LeaseTable;
import dev.weft.database.lease.Leases;
import dev.weft.embedding.file.Blob;
import dev.weft.embedding.file.Blobs;
import dev.weft.embedding.usage.BatchUsage;
import dev.weft.embedding.usage.UsageLedger;
import dev.weft.kit.error.Failure;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;

/**
 * Works on one chunk: reads its rows, has them embedded, writes the results into blobs, and commits the blobs together with the chunk's state.
 * Whoever dies before the commit leaves blobs that nothing refers to; whoever comes too late is told by the lease, and commits nothing. Thread-safe.
 */
@Singleton
final class ChunkWork {

    private static final Logger LOG = Logger.getLogger(ChunkWork.class);

    /** A chunk that has been claimed so often has done harm to all who did; its rows fail. */
    private static final int MAX_ATTEMPTS = 100;

    /** How long a chunk that could not be worked on is left alone. */
    private static final Duration REST = Duration.ofSeconds(5);

    private static final LeaseTable<Long> TABLE = new LeaseTable<>(
            "batch_chunk", "id", Long.class, LeaseTable.Columns.USUAL, "state = 'WAITING'", "number, id");

    private final Database database;
    private final ChunkInput input;
    private final Blobs blobs;
    private final RowWork work;
    private final Leases<Long> leases;
    private final Counter completed;
    private final Counter failed;

    ChunkWork(
            Database database,
            ChunkInput input,
            Blobs blobs,
            RowWork work,
            LeaseKeeper keeper,
            BatchConfig config,
            MeterRegistry metrics) {
        this.database = database;
        this.input = input;
        this.blobs = blobs;
        this.work = work;
        this.leases = keeper.leases(TABLE, config.lease());
        this.completed = metrics.counter("weft_embedding_batch_rows", "outcome", "completed");
        this.failed = metrics.counter("weft_embedding_batch_rows", "outcome", "failed");
    }

    /**
     * Works on the next chunk that waits.
     *
     * @param stopped true when this replica is to end
     * @return false when there was none
     * @throws Failure when it could not be worked on; it waits again then
     */
    boolean next(BooleanSupplier stopped) {
        List<Lease<Long>> claimed = leases.claim(1);
        if (claimed.isEmpty()) {
            return false;
        }
        try (Lease<Long> lease = claimed.getFirst()) {
            try {
                work(lease, stopped);
            } catch (Failure.Aborted e) {
                LOG.debugf("a chunk was somebody else's in the end: %s", e.getMessage());
            } catch (Retries.Abandoned _) {
                LOG.debugf("chunk %d is given up", lease.key());
            } catch (RuntimeException e) {
                lease.release(REST);
                throw e;
            }
        }
        return true;
    }

    private void work(Lease<Long> lease, BooleanSupplier stopped) {
        Optional<Chunk> found = database.inTransaction(connection -> ChunkRepository.find(connection, lease.key()));
        if (found.isEmpty()) {
            return;
        }
        Chunk chunk = found.get();
        List<Row> rows = rows(chunk, lease.attempt());
        List<BatchUsage> usages = work.work(chunk.endpoint(), rows, () -> lease.isLost() || stopped.getAsBoolean());
        try (ResultWriter writer = new ResultWriter(blobs, chunk.batch())) {
            for (Row row : rows) {
                writer.write(row);
            }
            ChunkResults results = writer.finish();
            database.inTransaction(connection -> {
                leases.complete(connection, lease);
                if (!ChunkRepository.finish(connection, chunk.id(), "WAITING", "DONE", results)) {
                    throw new Failure.Aborted("chunk " + chunk.id() + ": no longer waiting (expected: WAITING)");
                }
                for (Optional<Blob> blob : List.of(results.output(), results.errors())) {
                    if (blob.isPresent()) {
                        blobs.keep(connection, blob.get().id());
                    }
                }
                UsageLedger.add(connection, chunk.owner(), usages);
                return true;
            });
            writer.release();
            completed.increment(results.completed());
            failed.increment(results.failed());
        } catch (IOException e) {
            throw new Failure.Unavailable("results cannot be written: " + e.getMessage());
        }
        database.inTransaction(BatchRepository::finalizeDone);
    }

    private List<Row> rows(Chunk chunk, long attempt) {
        if (attempt > MAX_ATTEMPTS) {
            LOG.errorf(
                    "chunk %d of %s has been tried %d times; its rows fail",
                    chunk.range().number(), chunk.batch(), attempt - 1);
            return hopeless(chunk);
        }
        try {
            return input.read(chunk);
        } catch (IOException e) {
            throw new Failure.Unavailable("input cannot be read: " + e.getMessage());
        }
    }

    /** The rows of a chunk that may not even be readable. */
    private static List<Row> hopeless(Chunk chunk) {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < chunk.range().lines(); i++) {
            rows.add(new Row(
                    chunk.range().firstLine() + i,
                    null,
                    new RowFailure(500, "server_error", "the row was tried too often")));
        }
        return rows;
    }
}
