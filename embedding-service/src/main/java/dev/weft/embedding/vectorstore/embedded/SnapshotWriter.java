package dev.weft.embedding.vectorstore.embedded;

import io.github.jbellis.jvector.vector.types.VectorFloat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/** Writes a file of numbers, little-endian, with a checksum of all of it at the end. Not thread-safe. */
final class SnapshotWriter implements AutoCloseable {

    private static final int BUFFER_BYTES = 1 << 20;

    private final FileChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final CRC32C checksum = new CRC32C();

    /** The writer owns the channel. */
    SnapshotWriter(FileChannel channel) {
        this.channel = channel;
    }

    void putInt(int value) throws IOException {
        room(Integer.BYTES).putInt(value);
    }

    void putLong(long value) throws IOException {
        room(Long.BYTES).putLong(value);
    }

    void putText(String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        putInt(bytes.length);
        for (int start = 0; start < bytes.length; start += BUFFER_BYTES) {
            int length = Math.min(BUFFER_BYTES, bytes.length - start);
            room(length).put(bytes, start, length);
        }
    }

    void putVector(VectorFloat<?> vector) throws IOException {
        int length = vector.length();
        for (int i = 0; i < length; i++) {
            room(Float.BYTES).putFloat(vector.get(i));
        }
    }

    /** Writes the checksum and everything to the disk. */
    void finish() throws IOException {
        flush();
        buffer.putLong(checksum.getValue());
        flush();
        channel.force(true);
    }

    private ByteBuffer room(int bytes) throws IOException {
        if (buffer.remaining() < bytes) {
            flush();
        }
        return buffer;
    }

    private void flush() throws IOException {
        buffer.flip();
        checksum.update(buffer.duplicate());
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
        buffer.clear();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
