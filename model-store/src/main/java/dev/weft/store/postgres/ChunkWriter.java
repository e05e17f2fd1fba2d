package dev.weft.store.postgres;

import dev.weft.kit.time.Deadline;
import java.io.IOException;
import java.io.OutputStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Arrays;

/** Inserts what is written to it, one chunk a call: to be put behind a buffer. Not thread-safe. */
final class ChunkWriter extends OutputStream {

    private final PreparedStatement statement;
    private long position;

    ChunkWriter(Connection connection, String sha256, Deadline deadline) throws SQLException {
        statement = Statements.prepare(connection, """
                INSERT INTO model_store_chunk (sha256, first_byte, bytes) VALUES (?, ?, ?)
                ON CONFLICT (sha256, first_byte) DO NOTHING
                """, deadline);
        statement.setString(1, sha256);
    }

    @Override
    public void write(int single) throws IOException {
        write(new byte[] {(byte) single}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        try {
            statement.setLong(2, position);
            statement.setBytes(3, Arrays.copyOfRange(bytes, offset, offset + length));
            statement.executeUpdate();
            position += length;
        } catch (SQLException e) {
            throw new IOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            statement.close();
        } catch (SQLException e) {
            throw new IOException(e);
        }
    }
}
