package dev.weft.embedding.file.postgres;

import dev.weft.database.Database;
import dev.weft.embedding.file.FileStore;
import dev.weft.kit.error.Failure;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.Arrays;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Blobs as blocks of one size in a table. A reader and a writer hold one block each; each block is a transaction of its own. */
@Singleton
public final class PostgresFileStore implements FileStore {

    /** Never to be changed: it is how an offset becomes the number of a block that was written earlier. */
    private static final int BLOCK_BYTES = 1 << 20;

    private static final String INSERT = "INSERT INTO blob_block (blob, number, bytes) VALUES (?, ?, ?)";
    private static final String SELECT = "SELECT bytes FROM blob_block WHERE blob = ? AND number = ?";
    private static final String DELETE = "DELETE FROM blob_block WHERE blob = ?";

    private final Database database;

    public PostgresFileStore(Database database) {
        this.database = database;
    }

    @Override
    public String name() {
        return "postgres";
    }

    @Override
    public BlobWriter create(UUID blob) {
        return new Writer(blob);
    }

    @Override
    public InputStream open(UUID blob, long offset) {
        return new Reader(blob, offset);
    }

    @Override
    public void delete(UUID blob) {
        database.inTransaction(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(DELETE)) {
                statement.setObject(1, blob);
                return statement.executeUpdate();
            }
        });
    }

    private final class Writer implements BlobWriter {

        private final UUID blob;
        private final byte[] block = new byte[BLOCK_BYTES];
        private int filled;
        private int number;

        private Writer(UUID blob) {
            this.blob = blob;
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            int done = 0;
            while (done < length) {
                int some = Math.min(length - done, BLOCK_BYTES - filled);
                System.arraycopy(bytes, offset + done, block, filled, some);
                filled += some;
                done += some;
                if (filled == BLOCK_BYTES) {
                    flush();
                }
            }
        }

        private void flush() {
            byte[] bytes = filled == BLOCK_BYTES ? block : Arrays.copyOf(block, filled);
            database.inTransaction(connection -> {
                try (PreparedStatement statement = connection.prepareStatement(INSERT)) {
                    statement.setObject(1, blob);
                    statement.setInt(2, number);
                    statement.setBytes(3, bytes);
                    return statement.executeUpdate();
                }
            });
            number++;
            filled = 0;
        }

        @Override
        public void finish() {
            if (filled > 0) {
                flush();
            }
        }

        @Override
        public void close() {
            // Blocks of a blob that nobody refers to are removed with it.
        }
    }

    private final class Reader extends InputStream {

        private final UUID blob;
        private byte[] block = {};
        private int position;
        private int number;
        private boolean ended;

        private Reader(UUID blob, long offset) {
            this.blob = blob;
            this.number = Math.toIntExact(offset / BLOCK_BYTES);
            next();
            this.position = (int) Math.min(block.length, offset % BLOCK_BYTES);
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (position == block.length && !ended) {
                try {
                    next();
                } catch (Failure e) {
                    throw new IOException(e.getMessage(), e);
                }
            }
            if (ended) {
                return -1;
            }
            int some = Math.min(length, block.length - position);
            System.arraycopy(block, position, bytes, offset, some);
            position += some;
            return some;
        }

        private void next() {
            byte @Nullable [] bytes = database.inTransaction(connection -> {
                try (PreparedStatement statement = connection.prepareStatement(SELECT)) {
                    statement.setObject(1, blob);
                    statement.setInt(2, number);
                    try (ResultSet rows = statement.executeQuery()) {
                        return rows.next() ? rows.getBytes(1) : null;
                    }
                }
            });
            ended = bytes == null;
            block = bytes == null ? new byte[0] : bytes;
            position = 0;
            number++;
        }
    }
}
