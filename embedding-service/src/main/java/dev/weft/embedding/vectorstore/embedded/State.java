package dev.weft.embedding.vectorstore.embedded;

import java.util.BitSet;
import java.util.UUID;

/**
 * An index at a moment.
 *
 * @param sequence the last change that is in
 * @param size entries of the table that count
 * @param dead numbers of those that were dead
 */
record State(UUID incarnation, long sequence, PointTable table, int size, BitSet dead, PointGraph graph) {

    /** The state of now; nobody changes the table meanwhile. */
    static State of(UUID incarnation, long sequence, PointTable table, PointGraph graph) {
        int size = table.size();
        BitSet dead = new BitSet(size);
        for (int number = 0; number < size; number++) {
            dead.set(number, table.get(number).isDead());
        }
        return new State(incarnation, sequence, table, size, dead, graph);
    }

    int living() {
        return size - dead.cardinality();
    }
}
