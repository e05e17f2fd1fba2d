package dev.weft.embedding.file;

import dev.weft.kit.error.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Blobs one after another, each opened when it is reached. */
final class BlobInput extends InputStream {

    private final Blobs blobs;
    private final List<Blob> parts;
    private int next;
    private long skip;
    private long left;
    private @Nullable InputStream current;

    BlobInput(Blobs blobs, List<Blob> parts, long offset) {
        this.blobs = blobs;
        this.parts = parts;
        this.skip = offset;
        while (next < parts.size() && skip >= parts.get(next).sizeBytes()) {
            skip -= parts.get(next).sizeBytes();
            next++;
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (true) {
            if (current == null) {
                if (next == parts.size()) {
                    return -1;
                }
                current = open(parts.get(next++));
            }
            if (left == 0) {
                current.close();
                current = null;
                continue;
            }
            int some = current.read(bytes, offset, (int) Math.min(length, left));
            if (some < 0) {
                throw new IOException("a blob ends " + left + " bytes too early");
            }
            left -= some;
            return some;
        }
    }

    private InputStream open(Blob blob) throws IOException {
        try {
            InputStream input = blobs.open(blob, skip);
            left = blob.sizeBytes() - skip;
            skip = 0;
            return input;
        } catch (Failure e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    @Override
    public void close() throws IOException {
        if (current != null) {
            current.close();
            current = null;
        }
        next = parts.size();
    }
}
