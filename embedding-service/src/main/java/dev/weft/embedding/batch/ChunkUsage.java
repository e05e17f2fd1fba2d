package dev.weft.embedding.batch;

import dev.weft.embedding.usage.BatchUsage;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the rows of a chunk have taken of their models. */
final class ChunkUsage {

    private static final int NOT_FOUND = 404;
    private static final int FORBIDDEN = 403;
    private static final int LONGEST_NAME = 200;

    private ChunkUsage() {}

    /** One for each model that was asked: names that clients invent, or may not use, are nothing to keep. */
    static List<BatchUsage> of(List<Row> rows, Map<String, Long> computeMicros) {
        Map<String, BatchUsage> usages = new LinkedHashMap<>();
        for (Row row : rows) {
            RowRequest request = row.request();
            RowFailure failure = row.failure();
            if (request == null
                    || !isStorable(request.model())
                    || (failure != null && (failure.status() == NOT_FOUND || failure.status() == FORBIDDEN))) {
                continue;
            }
            String model = request.model();
            BatchUsage one = new BatchUsage(
                    model,
                    1,
                    failure == null ? 0 : 1,
                    failure == null ? row.inputs().size() : 0,
                    row.tokens(),
                    usages.containsKey(model) ? 0 : computeMicros.getOrDefault(model, 0L));
            usages.merge(model, one, ChunkUsage::sum);
        }
        return List.copyOf(usages.values());
    }

    /** PostgreSQL takes no zero byte and no half of a character; no model has such a name, or one so long. */
    private static boolean isStorable(String model) {
        return !model.isEmpty()
                && model.length() <= LONGEST_NAME
                && model.chars().noneMatch(c -> c == 0 || Character.isSurrogate((char) c));
    }

    private static BatchUsage sum(BatchUsage one, BatchUsage other) {
        return new BatchUsage(
                one.model(),
                one.requests() + other.requests(),
                one.errors() + other.errors(),
                one.rows() + other.rows(),
                one.promptTokens() + other.promptTokens(),
                one.computeMicros() + other.computeMicros());
    }
}
