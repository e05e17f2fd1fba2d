package dev.weft.embedding.batch;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.embedding.collection.NewPoint;
import dev.weft.embedding.vectorstore.Metadata;
import dev.weft.embedding.vectorstore.MetadataValue;
import dev.weft.embedding.vectorstore.Point;
import dev.weft.kit.error.Failure;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the points of a row, which stand there as the body of the request that the row stands for has them. */
final class PointsReader {

    private static final String CODE = "invalid_points";

    /** As many as one request may bring. */
    private static final int MAX_POINTS = 1_000;

    private PointsReader() {}

    /** @throws MalformedRow when they are not what can be kept */
    static List<NewPoint> read(JsonNode body) {
        JsonNode points = body.path("points");
        if (!points.isArray() || points.isEmpty()) {
            throw MalformedRow.wrong(CODE, "body.points", points, "an array of points");
        }
        if (points.size() > MAX_POINTS) {
            throw new MalformedRow(
                    CODE, "body.points: " + points.size() + " entries (expected: at most " + MAX_POINTS + ")");
        }
        List<NewPoint> read = new ArrayList<>(points.size());
        for (JsonNode point : points) {
            String path = "body.points[" + read.size() + "]";
            try {
                read.add(point(point, path));
            } catch (Failure e) {
                throw new MalformedRow(CODE, path + ": " + e.getMessage());
            }
        }
        return read;
    }

    private static NewPoint point(JsonNode point, String path) {
        if (!point.isObject()) {
            throw MalformedRow.wrong(CODE, path, point, "an object");
        }
        String id = text(point, path, "id");
        if (id == null) {
            throw new MalformedRow(CODE, path + ".id: missing (expected: a string)");
        }
        String text = text(point, path, "text");
        // As strict as the store is, which would refuse all points of a chunk for one.
        Metadata metadata = new Point(id, Point.NO_VECTOR, text, metadata(field(point, "metadata"), path)).metadata();
        return new NewPoint(id, vector(field(point, "vector"), path), text, metadata);
    }

    /** A field; missing when it is null, too. */
    private static JsonNode field(JsonNode object, String name) {
        JsonNode value = object.path(name);
        return value.isNull() ? object.path("\0") : value;
    }

    private static @Nullable String text(JsonNode point, String path, String name) {
        JsonNode value = field(point, name);
        if (value.isMissingNode()) {
            return null;
        }
        if (!value.isTextual()) {
            throw MalformedRow.wrong(CODE, path + "." + name, value, "a string");
        }
        return value.textValue();
    }

    private static float @Nullable [] vector(JsonNode vector, String path) {
        if (vector.isMissingNode()) {
            return null;
        }
        if (!vector.isArray()) {
            throw MalformedRow.wrong(CODE, path + ".vector", vector, "an array of numbers");
        }
        float[] values = new float[vector.size()];
        for (int i = 0; i < values.length; i++) {
            if (!vector.get(i).isNumber()) {
                throw MalformedRow.wrong(CODE, path + ".vector[" + i + "]", vector.get(i), "a number");
            }
            values[i] = vector.get(i).floatValue();
        }
        return values;
    }

    private static Metadata metadata(JsonNode metadata, String path) {
        if (metadata.isMissingNode()) {
            return Metadata.EMPTY;
        }
        if (!metadata.isObject()) {
            throw MalformedRow.wrong(CODE, path + ".metadata", metadata, "an object");
        }
        Map<String, MetadataValue> fields = new HashMap<>();
        metadata.properties()
                .forEach(field ->
                        fields.put(field.getKey(), value(field.getValue(), path + ".metadata." + field.getKey())));
        return new Metadata(fields);
    }

    private static MetadataValue value(JsonNode value, String path) {
        return switch (value.getNodeType()) {
            case STRING -> new MetadataValue.Text(value.textValue());
            case NUMBER -> new MetadataValue.Numeric(value.doubleValue());
            case BOOLEAN -> new MetadataValue.Flag(value.booleanValue());
            case ARRAY -> {
                List<String> texts = new ArrayList<>(value.size());
                for (JsonNode text : value) {
                    if (!text.isTextual()) {
                        throw MalformedRow.wrong(CODE, path + "[" + texts.size() + "]", text, "a string");
                    }
                    texts.add(text.textValue());
                }
                yield new MetadataValue.Texts(texts);
            }
            case MISSING, NULL, OBJECT, POJO, BINARY ->
                throw MalformedRow.wrong(CODE, path, value, "a string, a number, a boolean or an array of strings");
        };
    }
}
