package dev.weft.store;

import dev.weft.kit.time.Deadline;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.concurrent.ConcurrentHashMap;

/** Another store, of which it counts the bytes that are read. */
public final class CountingStore implements ModelStore {

    private final ModelStore store;
    private final ConcurrentHashMap<String, Long> bytes = new ConcurrentHashMap<>();

    public CountingStore(ModelStore store) {
        this.store = store;
    }

    /** Bytes that were read of that content. */
    public long bytesOf(Manifest.Entry file) {
        return bytes.getOrDefault(file.sha256(), 0L);
    }

    @Override
    public String scheme() {
        return store.scheme();
    }

    @Override
    public Published put(String name, Path folder, Deadline deadline) {
        return store.put(name, folder, deadline);
    }

    @Override
    public Manifest manifest(ModelUri uri, Deadline deadline) {
        return store.manifest(uri, deadline);
    }

    @Override
    public InputStream open(ModelUri uri, Manifest.Entry file, long offset, Deadline deadline) throws IOException {
        return new FilterInputStream(store.open(uri, file, offset, deadline)) {
            @Override
            public int read(byte[] buffer, int from, int length) throws IOException {
                int came = super.read(buffer, from, length);
                if (came > 0) {
                    bytes.merge(file.sha256(), (long) came, Long::sum);
                }
                return came;
            }
        };
    }
}
