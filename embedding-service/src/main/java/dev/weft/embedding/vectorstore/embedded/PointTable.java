package dev.weft.embedding.vectorstore.embedded;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Entries in the order in which they came, each with its place as its number, and the living one of each id. Changes are made by one thread at a
 * time, which the index's lock ensures; entries below {@link #size()} may be read by any thread at any time.
 */
final class PointTable {

    private static final int FIRST_CAPACITY = 1024;

    private volatile Entry[] entries = new Entry[FIRST_CAPACITY];
    private volatile int size;
    private final Map<String, Entry> byId = new HashMap<>();

    /** Takes an entry that replaces the one of its id, if there is one. */
    void put(Entry entry) {
        Entry replaced = byId.put(entry.id(), entry);
        if (replaced != null) {
            replaced.kill();
        }
        append(entry);
    }

    /** Takes an entry at the next number, dead or alive. */
    void append(Entry entry) {
        int next = size;
        if (next == entries.length) {
            entries = Arrays.copyOf(entries, next + (next >> 1));
        }
        entries[next] = entry;
        if (!entry.isDead()) {
            byId.put(entry.id(), entry);
        }
        size = next + 1;
    }

    /** Removes an id's entry, if there is one. */
    void remove(String id) {
        Entry removed = byId.remove(id);
        if (removed != null) {
            removed.kill();
        }
    }

    /** Forgets the ids of entries that have died elsewhere: they are in two tables while one replaces the other. */
    void forgetDead() {
        byId.values().removeIf(Entry::isDead);
    }

    Entry get(int number) {
        return entries[number];
    }

    /** Entries, the dead ones too. */
    int size() {
        return size;
    }

    /** Entries that are alive. */
    int living() {
        return byId.size();
    }
}
