package dev.weft.gateway.collections;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.weft.protocol.embedding.v1.Collection;
import dev.weft.protocol.embedding.v1.Match;
import dev.weft.protocol.embedding.v1.MetadataValue;
import dev.weft.protocol.embedding.v1.Metric;
import dev.weft.protocol.embedding.v1.Point;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Answers about collections: messages to JSON. */
final class Answers {

    private Answers() {}

    @RegisterForReflection
    record OneCollection(
            String name,
            String model,
            int dimension,
            String metric,
            String store,
            @JsonProperty("created_at") String createdAt) {}

    @RegisterForReflection
    record AllCollections(List<OneCollection> collections) {}

    @RegisterForReflection
    record Upserted(int upserted) {}

    /**
     * A point, as far as it was asked for.
     *
     * @param score by the collection's metric; higher is nearer
     */
    @RegisterForReflection
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record OnePoint(
            String id,
            @Nullable Float score,
            @Nullable @JsonProperty("rerank_score") Float rerankScore,
            @Nullable String text,
            @Nullable Map<String, Object> metadata,
            @Nullable List<Float> vector) {}

    @RegisterForReflection
    record Matches(List<OnePoint> matches) {}

    @RegisterForReflection
    record Points(List<OnePoint> points) {}

    /**
     * What was removed.
     *
     * @param deleted null when the store does not tell
     */
    @RegisterForReflection
    record Deleted(@Nullable Long deleted) {}

    @RegisterForReflection
    record Count(long count) {}

    static OneCollection collection(Collection collection) {
        return new OneCollection(
                collection.getName(),
                collection.getModel(),
                collection.getDimension(),
                metric(collection.getMetric()),
                collection.getStore(),
                Instant.ofEpochMilli(collection.getCreatedAtMs()).toString());
    }

    private static String metric(Metric metric) {
        return switch (metric) {
            case METRIC_COSINE -> "cosine";
            case METRIC_DOT -> "dot";
            case METRIC_EUCLIDEAN -> "euclidean";
            case METRIC_UNSPECIFIED, UNRECOGNIZED -> "unknown";
        };
    }

    static OnePoint match(Match match) {
        Point point = match.getPoint();
        return new OnePoint(
                point.getId(),
                match.getScore(),
                match.hasRerankScore() ? match.getRerankScore() : null,
                text(point),
                metadata(point),
                vector(point));
    }

    static OnePoint point(Point point) {
        return new OnePoint(point.getId(), null, null, text(point), metadata(point), vector(point));
    }

    private static @Nullable String text(Point point) {
        return point.hasText() ? point.getText() : null;
    }

    private static @Nullable List<Float> vector(Point point) {
        return point.getVectorCount() == 0 ? null : point.getVectorList();
    }

    private static @Nullable Map<String, Object> metadata(Point point) {
        if (point.getMetadataCount() == 0) {
            return null;
        }
        Map<String, Object> fields = new TreeMap<>();
        point.getMetadataMap().forEach((name, value) -> fields.put(name, value(value)));
        return fields;
    }

    private static Object value(MetadataValue value) {
        return switch (value.getKindCase()) {
            case STRING_VALUE -> value.getStringValue();
            case NUMBER_VALUE -> number(value.getNumberValue());
            case BOOL_VALUE -> value.getBoolValue();
            case STRING_LIST -> List.copyOf(value.getStringList().getValuesList());
            case KIND_NOT_SET -> "";
        };
    }

    /** A whole number comes back as the client wrote it, without a point. */
    private static Object number(double number) {
        long whole = (long) number;
        return whole == number && Math.abs(number) < 1L << 53 ? (Object) whole : (Object) number;
    }
}
