package dev.weft.embedding.file;

import java.io.OutputStream;
import java.util.UUID;

/** Writes one blob, and counts. Not thread-safe. What is closed without being finished is no blob. */
public final class BlobOutput extends OutputStream {

    private final UUID id;
    private final String store;
    private final FileStore.BlobWriter writer;
    private long size;

    BlobOutput(UUID id, String store, FileStore.BlobWriter writer) {
        this.id = id;
        this.store = store;
        this.writer = writer;
    }

    @Override
    public void write(int value) {
        write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        writer.write(bytes, offset, length);
        size += length;
    }

    /** What it would be. */
    public UUID id() {
        return id;
    }

    /** Bytes so far. */
    public long size() {
        return size;
    }

    /** Where it lies. */
    public String store() {
        return store;
    }

    /** Completes it: its bytes are on disk. */
    public Blob finish() {
        writer.finish();
        return new Blob(id, store, size);
    }

    @Override
    public void close() {
        writer.close();
    }
}
