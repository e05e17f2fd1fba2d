package dev.weft.embedding.rpc;

import dev.weft.embedding.collection.Found;
import dev.weft.embedding.collection.NewPoint;
import dev.weft.embedding.vectorstore.Metadata;
import dev.weft.embedding.vectorstore.MetadataValue;
import dev.weft.embedding.vectorstore.MetadataValue.Flag;
import dev.weft.embedding.vectorstore.MetadataValue.Numeric;
import dev.weft.embedding.vectorstore.MetadataValue.Text;
import dev.weft.embedding.vectorstore.MetadataValue.Texts;
import dev.weft.embedding.vectorstore.Metric;
import dev.weft.embedding.vectorstore.Point;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.protocol.embedding.v1.Collection;
import dev.weft.protocol.embedding.v1.Match;
import dev.weft.protocol.embedding.v1.StringList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Values of the features as messages, and back. */
final class Messages {

    private Messages() {}

    static Metric metric(dev.weft.protocol.embedding.v1.Metric metric) {
        return switch (metric) {
            case METRIC_UNSPECIFIED, METRIC_COSINE -> Metric.COSINE;
            case METRIC_DOT -> Metric.DOT;
            case METRIC_EUCLIDEAN -> Metric.EUCLIDEAN;
            case UNRECOGNIZED -> throw new InvalidArgument("metric: unknown (expected: cosine, dot or euclidean)");
        };
    }

    private static dev.weft.protocol.embedding.v1.Metric metric(Metric metric) {
        return switch (metric) {
            case COSINE -> dev.weft.protocol.embedding.v1.Metric.METRIC_COSINE;
            case DOT -> dev.weft.protocol.embedding.v1.Metric.METRIC_DOT;
            case EUCLIDEAN -> dev.weft.protocol.embedding.v1.Metric.METRIC_EUCLIDEAN;
        };
    }

    static Collection collection(dev.weft.embedding.collection.Collection collection) {
        return Collection.newBuilder()
                .setName(collection.name())
                .setModel(collection.model())
                .setDimension(collection.space().dimension())
                .setMetric(metric(collection.metric()))
                .setStore(collection.store())
                .setCreatedAtMs(collection.createdAt().toEpochMilli())
                .build();
    }

    static NewPoint newPoint(dev.weft.protocol.embedding.v1.Point point) {
        return new NewPoint(
                point.getId(),
                point.getVectorCount() == 0 ? null : floats(point.getVectorList()),
                point.hasText() ? point.getText() : null,
                metadata(point.getMetadataMap()));
    }

    static float[] floats(List<Float> values) {
        float[] floats = new float[values.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = values.get(i);
        }
        return floats;
    }

    static dev.weft.protocol.embedding.v1.Point point(Point point) {
        dev.weft.protocol.embedding.v1.Point.Builder message =
                dev.weft.protocol.embedding.v1.Point.newBuilder().setId(point.id());
        for (float value : point.vector()) {
            message.addVector(value);
        }
        String text = point.text();
        if (text != null) {
            message.setText(text);
        }
        point.metadata().fields().forEach((name, value) -> message.putMetadata(name, value(value)));
        return message.build();
    }

    static Match match(Found found) {
        Match.Builder match = Match.newBuilder().setPoint(point(found.point())).setScore(found.score());
        Float reranked = found.rerankScore();
        if (reranked != null) {
            match.setRerankScore(reranked);
        }
        return match.build();
    }

    private static Metadata metadata(Map<String, dev.weft.protocol.embedding.v1.MetadataValue> fields) {
        if (fields.isEmpty()) {
            return Metadata.EMPTY;
        }
        Map<String, MetadataValue> values = new HashMap<>();
        fields.forEach((name, value) -> values.put(name, value(name, value)));
        return new Metadata(values);
    }

    static MetadataValue value(String name, dev.weft.protocol.embedding.v1.MetadataValue value) {
        return switch (value.getKindCase()) {
            case STRING_VALUE -> new Text(value.getStringValue());
            case NUMBER_VALUE -> new Numeric(value.getNumberValue());
            case BOOL_VALUE -> new Flag(value.getBoolValue());
            case STRING_LIST -> new Texts(value.getStringList().getValuesList());
            case KIND_NOT_SET ->
                throw new InvalidArgument("metadata field '" + name
                        + "': no value (expected: a string, a number, a boolean or a list of strings)");
        };
    }

    private static dev.weft.protocol.embedding.v1.MetadataValue value(MetadataValue value) {
        dev.weft.protocol.embedding.v1.MetadataValue.Builder message =
                dev.weft.protocol.embedding.v1.MetadataValue.newBuilder();
        switch (value) {
            case Text(String text) -> message.setStringValue(text);
            case Numeric(double number) -> message.setNumberValue(number);
            case Flag(boolean flag) -> message.setBoolValue(flag);
            case Texts(List<String> texts) ->
                message.setStringList(StringList.newBuilder().addAllValues(texts));
        }
        return message.build();
    }
}
