package dev.weft.embedding.vectorstore.embedded;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/** Reads what {@link SnapshotWriter} wrote, after having looked at all of it. Not thread-safe. */
final class SnapshotReader implements AutoCloseable {

    private static final int BUFFER_BYTES = 1 << 20;

    private final FileChannel channel;
    private final long length;
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);

    private SnapshotReader(FileChannel channel) throws IOException {
        this.channel = channel;
        this.length = channel.size() - Long.BYTES;
    }

    /**
     * Opens a file.
     *
     * @throws IOException when there is none, or its checksum is another
     */
    static SnapshotReader open(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        try {
            SnapshotReader reader = new SnapshotReader(channel);
            reader.verify();
            return reader;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private void verify() throws IOException {
        if (length < 0) {
            throw new EOFException("snapshot of " + channel.size() + " bytes (expected: more)");
        }
        CRC32C checksum = new CRC32C();
        long left = length;
        while (left > 0) {
            buffer.clear().limit((int) Math.min(BUFFER_BYTES, left));
            left -= channel.read(buffer);
            checksum.update(buffer.flip());
        }
        buffer.clear().limit(Long.BYTES);
        int read = 0;
        while (buffer.hasRemaining() && read >= 0) {
            read = channel.read(buffer);
        }
        if (buffer.flip().getLong() != checksum.getValue()) {
            throw new IOException("snapshot with another checksum (expected: that at its end)");
        }
        channel.position(0);
        buffer.clear().limit(0);
    }

    int getInt() throws IOException {
        return available(Integer.BYTES).getInt();
    }

    long getLong() throws IOException {
        return available(Long.BYTES).getLong();
    }

    String getText() throws IOException {
        int size = getInt();
        if (size < 0 || size > length) {
            throw new IOException("text of " + size + " bytes (expected: at most " + length + ")");
        }
        byte[] bytes = new byte[size];
        for (int start = 0; start < size; ) {
            int part = Math.min(BUFFER_BYTES, size - start);
            available(part).get(bytes, start, part);
            start += part;
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }

    float[] getVector(int dimension) throws IOException {
        float[] vector = new float[dimension];
        int bytes = dimension * Float.BYTES;
        ByteBuffer all = available(bytes);
        all.slice(all.position(), bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .get(vector);
        all.position(all.position() + bytes);
        return vector;
    }

    /** The buffer with so many bytes in it, which are no more than it holds. */
    private ByteBuffer available(int bytes) throws IOException {
        if (buffer.remaining() < bytes) {
            buffer.compact();
            while (buffer.position() < bytes) {
                if (channel.read(buffer) < 0) {
                    throw new EOFException("snapshot ends early (expected: " + bytes + " bytes more)");
                }
            }
            buffer.flip();
        }
        return buffer;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
