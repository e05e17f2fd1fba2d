package dev.weft.gateway.collections;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.protocol.embedding.v1.CreateCollectionRequest;
import dev.weft.protocol.embedding.v1.DeletePointsRequest;
import dev.weft.protocol.embedding.v1.FetchPointsRequest;
import dev.weft.protocol.embedding.v1.Metric;
import dev.weft.protocol.embedding.v1.Point;
import dev.weft.protocol.embedding.v1.PointIds;
import dev.weft.protocol.embedding.v1.QueryPointsRequest;
import dev.weft.protocol.embedding.v1.UpsertPointsRequest;
import dev.weft.protocol.embedding.v1.Vector;
import java.util.List;
import java.util.Objects;

/** Requests about collections: JSON to messages. What the values may be is embedding-service's to say. */
final class RequestReader {

    private static final int DEFAULT_TOP_K = 10;
    private static final List<String> PARTS = List.of("vector", "text", "metadata");

    private RequestReader() {}

    static CreateCollectionRequest create(JsonNode body) {
        return CreateCollectionRequest.newBuilder()
                .setName(JsonValues.requiredText(body, "name", ""))
                .setModel(Objects.requireNonNullElse(JsonValues.text(body, "model", ""), ""))
                .setDimension(JsonValues.integer(body, "dimension", 0))
                .setMetric(metric(Objects.requireNonNullElse(JsonValues.text(body, "metric", ""), "cosine")))
                .setStore(Objects.requireNonNullElse(JsonValues.text(body, "store", ""), ""))
                .build();
    }

    private static Metric metric(String name) {
        return switch (name) {
            case "cosine" -> Metric.METRIC_COSINE;
            case "dot" -> Metric.METRIC_DOT;
            case "euclidean" -> Metric.METRIC_EUCLIDEAN;
            default -> throw new InvalidArgument("metric: '" + name + "' (expected: one of [cosine, dot, euclidean])");
        };
    }

    static UpsertPointsRequest upsert(String collection, JsonNode body) {
        JsonNode points = JsonValues.field(body, "points");
        if (!points.isArray()) {
            throw JsonValues.wrong("points", points, "an array of points");
        }
        UpsertPointsRequest.Builder request = UpsertPointsRequest.newBuilder().setCollection(collection);
        for (int i = 0; i < points.size(); i++) {
            request.addPoints(point(points.get(i), "points[" + i + "]"));
        }
        return request.build();
    }

    private static Point point(JsonNode object, String path) {
        if (!object.isObject()) {
            throw JsonValues.wrong(path, object, "an object");
        }
        Point.Builder point = Point.newBuilder().setId(JsonValues.requiredText(object, "id", path + "."));
        JsonNode vector = JsonValues.field(object, "vector");
        if (!vector.isMissingNode()) {
            point.addAllVector(JsonValues.floats(vector, path + ".vector"));
        }
        String text = JsonValues.text(object, "text", path + ".");
        if (text != null) {
            point.setText(text);
        }
        JsonNode metadata = JsonValues.field(object, "metadata");
        if (!metadata.isMissingNode() && !metadata.isObject()) {
            throw JsonValues.wrong(path + ".metadata", metadata, "an object");
        }
        metadata.properties()
                .forEach(field -> point.putMetadata(
                        field.getKey(), JsonValues.metadata(field.getValue(), path + ".metadata." + field.getKey())));
        return point.build();
    }

    static QueryPointsRequest query(String collection, JsonNode body) {
        QueryPointsRequest.Builder request = QueryPointsRequest.newBuilder()
                .setCollection(collection)
                .setTopK(JsonValues.integer(body, "top_k", DEFAULT_TOP_K))
                .setRerankModel(Objects.requireNonNullElse(JsonValues.text(body, "rerank_model", ""), ""));
        JsonNode vector = JsonValues.field(body, "vector");
        String text = JsonValues.text(body, "text", "");
        if (vector.isMissingNode() == (text == null)) {
            throw new InvalidArgument(
                    "vector, text: " + (text == null ? "neither" : "both") + " (expected: one of the two)");
        }
        if (text == null) {
            request.setVector(Vector.newBuilder().addAllValues(JsonValues.floats(vector, "vector")));
        } else {
            request.setText(text);
        }
        JsonNode filter = JsonValues.field(body, "filter");
        if (!filter.isMissingNode()) {
            request.setFilter(FilterReader.filter(filter, "filter"));
        }
        JsonNode threshold = JsonValues.field(body, "score_threshold");
        if (!threshold.isMissingNode()) {
            if (!threshold.isNumber()) {
                throw JsonValues.wrong("score_threshold", threshold, "a number");
            }
            request.setScoreThreshold(threshold.floatValue());
        }
        return included(request, JsonValues.field(body, "include")).build();
    }

    private static QueryPointsRequest.Builder included(QueryPointsRequest.Builder request, JsonNode include) {
        List<String> parts =
                include.isMissingNode() ? List.of("text", "metadata") : JsonValues.texts(include, "include");
        for (String part : parts) {
            if (!PARTS.contains(part)) {
                throw new InvalidArgument("include: '" + part + "' (expected: of " + PARTS + ")");
            }
        }
        return request.setIncludeVector(parts.contains("vector"))
                .setIncludeText(parts.contains("text"))
                .setIncludeMetadata(parts.contains("metadata"));
    }

    static FetchPointsRequest fetch(String collection, JsonNode body) {
        return FetchPointsRequest.newBuilder()
                .setCollection(collection)
                .addAllIds(JsonValues.texts(JsonValues.field(body, "ids"), "ids"))
                .setIncludeVector(JsonValues.flag(body, "include_vector"))
                .build();
    }

    static DeletePointsRequest delete(String collection, JsonNode body) {
        DeletePointsRequest.Builder request = DeletePointsRequest.newBuilder().setCollection(collection);
        JsonNode ids = JsonValues.field(body, "ids");
        JsonNode filter = JsonValues.field(body, "filter");
        boolean all = JsonValues.flag(body, "all");
        int said = (ids.isMissingNode() ? 0 : 1) + (filter.isMissingNode() ? 0 : 1) + (all ? 1 : 0);
        if (said != 1) {
            throw new InvalidArgument("ids, filter, all: " + said + " of them (expected: one)");
        }
        if (all) {
            request.setAll(true);
        } else if (filter.isMissingNode()) {
            request.setIds(PointIds.newBuilder().addAllIds(JsonValues.texts(ids, "ids")));
        } else {
            request.setFilter(FilterReader.filter(filter, "filter"));
        }
        return request.build();
    }
}
