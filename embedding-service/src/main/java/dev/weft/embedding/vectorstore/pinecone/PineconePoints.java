package dev.weft.embedding.vectorstore.pinecone;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.embedding.vectorstore.Include;
import dev.weft.embedding.vectorstore.Metadata;
import dev.weft.embedding.vectorstore.MetadataJson;
import dev.weft.embedding.vectorstore.Point;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.TooLarge;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Points as Pinecone's records; the text is a field of the metadata there.
 *
 * @see <a href="https://docs.pinecone.io/reference/api/database-limits">Limits</a>
 */
final class PineconePoints {

    /** How the names of our own fields begin. */
    static final String RESERVED = "_weft_";

    private static final String TEXT = RESERVED + "text";

    private static final int MAX_METADATA_BYTES = 40_960;
    private static final int MAX_RECORDS = 1_000;
    private static final int MAX_REQUEST_BYTES = 2_000_000;

    /** Room for what is around the records. */
    private static final int ENVELOPE_BYTES = 1_000;

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private PineconePoints() {}

    /** The records in parts that one request may bring. */
    static List<ArrayNode> parts(List<Point> points) {
        List<ArrayNode> parts = new ArrayList<>();
        ArrayNode part = NODES.arrayNode();
        int bytes = 0;
        for (Point point : points) {
            ObjectNode record = record(point);
            int size = record.toString().getBytes(StandardCharsets.UTF_8).length + 1;
            if (part.size() == MAX_RECORDS || (bytes + size > MAX_REQUEST_BYTES - ENVELOPE_BYTES && !part.isEmpty())) {
                parts.add(part);
                part = NODES.arrayNode();
                bytes = 0;
            }
            part.add(record);
            bytes += size;
        }
        parts.add(part);
        return parts;
    }

    private static ObjectNode record(Point point) {
        ObjectNode metadata = MetadataJson.object(point.metadata());
        metadata.fieldNames().forEachRemaining(PineconePoints::requireOurs);
        String text = point.text();
        if (text != null) {
            metadata.put(TEXT, text);
        }
        int bytes = metadata.toString().getBytes(StandardCharsets.UTF_8).length;
        if (bytes > MAX_METADATA_BYTES) {
            throw new TooLarge("point '" + point.id() + "': text and metadata of " + bytes
                    + " bytes (expected: at most " + MAX_METADATA_BYTES + " in the store 'pinecone')");
        }
        ObjectNode record = NODES.objectNode().put("id", point.id());
        ArrayNode values = record.putArray("values");
        for (float value : point.vector()) {
            values.add(value);
        }
        if (!metadata.isEmpty()) {
            record.set("metadata", metadata);
        }
        return record;
    }

    private static void requireOurs(String field) {
        if (field.startsWith(RESERVED)) {
            throw new InvalidArgument(
                    "metadata field: '" + field + "' (expected: no '" + RESERVED + "' first in the store 'pinecone')");
        }
    }

    /** The point that a record is. */
    static Point point(String id, JsonNode record, Include include) {
        ObjectNode metadata =
                record.path("metadata") instanceof ObjectNode object ? object.deepCopy() : NODES.objectNode();
        JsonNode text = metadata.remove(TEXT);
        JsonNode values = record.path("values");
        float[] vector = new float[include.vector() ? values.size() : 0];
        for (int i = 0; i < vector.length; i++) {
            vector[i] = (float) values.get(i).asDouble();
        }
        return new Point(
                id,
                vector,
                include.text() && text != null ? text.asText() : null,
                include.metadata() ? MetadataJson.metadata(metadata) : Metadata.EMPTY);
    }
}
