package dev.weft.inference.lifecycle;

import dev.weft.inference.pipeline.TextRow;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Answers to texts that come again, of one version of a model: it goes with the model, so a new version starts with none. Keyed by the
 * exact text; bounded in bytes, the least recently used go first. Thread-safe: one lock, held for the time of a hash lookup.
 */
final class RowCache {

    /** Bytes that an entry takes besides its text and numbers: map entry, key and row objects, measured on a 64-bit JVM. */
    private static final int OVERHEAD = 200;

    private final long capacity;
    private final Map<Key, TextRow> rows = new LinkedHashMap<>(16, 0.75f, true);
    private long bytes;

    /** What must be the same for the answer to be the same. */
    private record Key(String text, boolean truncate) {}

    /**
     * A cache.
     *
     * @param capacity bytes that it may hold
     */
    RowCache(long capacity) {
        this.capacity = capacity;
    }

    synchronized Optional<TextRow> find(String text, boolean truncate) {
        return Optional.ofNullable(rows.get(new Key(text, truncate)));
    }

    /** Keeps a row that is computed. */
    synchronized void keep(String text, boolean truncate, TextRow row) {
        Key key = new Key(text, truncate);
        if (size(key, row) > capacity || rows.putIfAbsent(key, row) != null) {
            return;
        }
        bytes += size(key, row);
        Iterator<Map.Entry<Key, TextRow>> oldest = rows.entrySet().iterator();
        while (bytes > capacity) {
            Map.Entry<Key, TextRow> entry = oldest.next();
            bytes -= size(entry.getKey(), entry.getValue());
            oldest.remove();
        }
    }

    /** How many bytes the entries take. */
    synchronized long bytes() {
        return bytes;
    }

    private static long size(Key key, TextRow row) {
        return OVERHEAD + 2L * key.text().length() + row.size();
    }
}
