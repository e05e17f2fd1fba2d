package dev.weft.embedding.vectorstore.pinecone;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.embedding.vectorstore.Filter;
import dev.weft.embedding.vectorstore.Filter.Comparison;
import dev.weft.embedding.vectorstore.MetadataJson;
import dev.weft.embedding.vectorstore.MetadataValue;
import java.util.List;

/**
 * Filters in Pinecone's language, which has no "not": it is carried down to the conditions, each of which has an opposite. The opposite of a
 * comparison is true of numbers and of points without the field; of a field that is a number here and a string there Pinecone would find less.
 *
 * @see <a href="https://docs.pinecone.io/guides/search/filter-by-metadata">Filter by metadata</a>
 */
final class PineconeFilter {

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    /** No point has a field of that name: Pinecone has no constant for what is never true. */
    private static final String NO_FIELD = PineconePoints.RESERVED + "none";

    private PineconeFilter() {}

    static ObjectNode of(Filter filter) {
        return condition(filter.pushNotDown());
    }

    private static ObjectNode condition(Filter filter) {
        return switch (filter) {
            case Filter.In(String field, List<MetadataValue> values) -> field(field, "$in", array(values));
            case Filter.Compare(String field, Comparison comparison, double operand) ->
                field(field, operator(comparison), NODES.numberNode(operand));
            case Filter.Exists(String field) -> exists(field, true);
            case Filter.And(List<Filter> filters) -> filters.isEmpty() ? exists(NO_FIELD, false) : all("$and", filters);
            case Filter.Or(List<Filter> filters) -> filters.isEmpty() ? exists(NO_FIELD, true) : all("$or", filters);
            case Filter.Not(Filter inner) -> opposite(inner);
        };
    }

    private static ObjectNode opposite(Filter filter) {
        return switch (filter) {
            case Filter.In(String field, List<MetadataValue> values) ->
                orMissing(field, field(field, "$nin", array(values)));
            case Filter.Compare(String field, Comparison comparison, double operand) ->
                orMissing(field, field(field, opposite(comparison), NODES.numberNode(operand)));
            case Filter.Exists(String field) -> exists(field, false);
            case Filter.And _, Filter.Or _, Filter.Not _ ->
                throw new IllegalStateException("'not' was not carried down");
        };
    }

    private static ObjectNode orMissing(String field, ObjectNode condition) {
        ObjectNode or = NODES.objectNode();
        or.putArray("$or").add(exists(field, false)).add(condition);
        return or;
    }

    private static ObjectNode all(String operator, List<Filter> filters) {
        ObjectNode all = NODES.objectNode();
        ArrayNode parts = all.putArray(operator);
        filters.forEach(filter -> parts.add(condition(filter)));
        return all;
    }

    private static ObjectNode exists(String field, boolean wanted) {
        return field(field, "$exists", NODES.booleanNode(wanted));
    }

    private static ObjectNode field(String field, String operator, JsonNode operand) {
        ObjectNode condition = NODES.objectNode();
        condition.putObject(field).set(operator, operand);
        return condition;
    }

    private static ArrayNode array(List<MetadataValue> values) {
        ArrayNode array = NODES.arrayNode(values.size());
        values.forEach(value -> array.add(MetadataJson.node(value)));
        return array;
    }

    private static String operator(Comparison comparison) {
        return switch (comparison) {
            case GREATER -> "$gt";
            case AT_LEAST -> "$gte";
            case LESS -> "$lt";
            case AT_MOST -> "$lte";
        };
    }

    private static String opposite(Comparison comparison) {
        return switch (comparison) {
            case GREATER -> "$lte";
            case AT_LEAST -> "$lt";
            case LESS -> "$gte";
            case AT_MOST -> "$gt";
        };
    }
}
