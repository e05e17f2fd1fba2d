package dev.weft.embedding.vectorstore;

import java.util.List;

/** Which points are meant. */
public sealed interface Selection {

    /** Those with these ids, as far as they exist. */
    record Ids(List<String> ids) implements Selection {
        public Ids {
            ids = List.copyOf(ids);
            Point.requireIds(ids);
        }
    }

    /** Those that the filter is true of. */
    record Matching(Filter filter) implements Selection {
        public Matching {
            filter.requireReasonable();
        }
    }

    /** All of them. */
    record Everything() implements Selection {}
}
