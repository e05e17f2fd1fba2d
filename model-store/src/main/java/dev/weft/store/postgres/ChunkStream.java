package dev.weft.store.postgres;

import dev.weft.kit.error.Failure.NotFound;
import dev.weft.kit.time.Deadline;
import dev.weft.store.Manifest;
import java.io.IOException;
import java.io.InputStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Objects;
import javax.sql.DataSource;

/** Reads a file's chunks one by one; between two of them no connection is held, however slow the reader is. Not thread-safe. */
final class ChunkStream extends InputStream {

    private final DataSource source;
    private final Manifest.Entry file;
    private final Deadline deadline;
    private byte[] chunk = {};
    private int next;
    private long offset;

    ChunkStream(DataSource source, Manifest.Entry file, long offset, Deadline deadline) {
        this.source = source;
        this.file = file;
        this.offset = offset;
        this.deadline = deadline;
    }

    @Override
    public int read() throws IOException {
        byte[] single = new byte[1];
        return read(single, 0, 1) < 0 ? -1 : single[0] & 0xFF;
    }

    @Override
    public int read(byte[] bytes, int from, int length) throws IOException {
        Objects.checkFromIndexSize(from, length, bytes.length);
        if (length == 0) {
            return 0;
        }
        if (next == chunk.length && !fetch()) {
            return -1;
        }
        int taken = Math.min(length, chunk.length - next);
        System.arraycopy(chunk, next, bytes, from, taken);
        next += taken;
        offset += taken;
        return taken;
    }

    /** The chunk in which the offset lies; false when there is none. */
    private boolean fetch() throws IOException {
        if (offset >= file.bytes()) {
            return false;
        }
        try (Connection connection = source.getConnection();
                PreparedStatement statement = Statements.prepare(connection, """
                        SELECT first_byte, bytes FROM model_store_chunk
                        WHERE sha256 = ? AND first_byte <= ? ORDER BY first_byte DESC LIMIT 1
                        """, deadline)) {
            statement.setString(1, file.sha256());
            statement.setLong(2, offset);
            try (ResultSet rows = statement.executeQuery()) {
                if (!rows.next()) {
                    throw new NotFound("pg: " + file.path() + ": no such file");
                }
                chunk = rows.getBytes(2);
                next = Math.toIntExact(Math.min(offset - rows.getLong(1), chunk.length));
                return next < chunk.length;
            }
        } catch (SQLException e) {
            throw SqlFailures.of("pg: " + file.path(), e, deadline);
        }
    }
}
