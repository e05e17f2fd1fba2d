package dev.weft.embedding.vectorstore.pgvector;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.weft.embedding.vectorstore.Filter;
import dev.weft.embedding.vectorstore.MetadataJson;
import dev.weft.embedding.vectorstore.MetadataValue;
import dev.weft.embedding.vectorstore.MetadataValue.Text;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A filter as a condition on a column {@code metadata jsonb} that is never null. What clients say is only ever a parameter.
 *
 * @param condition SQL that is true or false, never null
 * @param parameters strings and doubles, in the order of its question marks
 */
record FilterSql(String condition, List<Object> parameters) {

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    FilterSql {
        parameters = List.copyOf(parameters);
    }

    static FilterSql of(Filter filter) {
        List<Object> parameters = new ArrayList<>();
        return new FilterSql(condition(filter, parameters), parameters);
    }

    /** Sets the parameters, from an index on; the next index. */
    int set(PreparedStatement statement, int from) throws SQLException {
        int index = from;
        for (Object parameter : parameters) {
            if (parameter instanceof Double number) {
                statement.setDouble(index++, number);
            } else {
                statement.setString(index++, (String) parameter);
            }
        }
        return index;
    }

    private static String condition(Filter filter, List<Object> parameters) {
        return switch (filter) {
            case Filter.In(String field, List<MetadataValue> values) ->
                values.stream()
                        .map(value -> has(field, value, parameters))
                        .collect(Collectors.joining(" OR ", "(", ")"));
            case Filter.Compare(String field, Filter.Comparison comparison, double operand) -> {
                parameters.add(field);
                parameters.add(field);
                parameters.add(operand);
                yield "COALESCE(CASE WHEN jsonb_typeof(metadata -> ?) = 'number' THEN (metadata ->> ?)::float8 "
                        + operator(comparison) + " ? END, FALSE)";
            }
            case Filter.Exists(String field) -> {
                parameters.add(field);
                yield "jsonb_exists(metadata, ?)";
            }
            case Filter.And(List<Filter> filters) -> joined(filters, " AND ", "TRUE", parameters);
            case Filter.Or(List<Filter> filters) -> joined(filters, " OR ", "FALSE", parameters);
            case Filter.Not(Filter inner) -> "(NOT " + condition(inner, parameters) + ")";
        };
    }

    /** A field that holds the value, or a list that has it: containment finds both, and an index on the column serves it. */
    private static String has(String field, MetadataValue value, List<Object> parameters) {
        JsonNode node = MetadataJson.node(value);
        parameters.add(NODES.objectNode().set(field, node).toString());
        if (!(value instanceof Text)) {
            return "metadata @> ?::jsonb";
        }
        parameters.add(
                NODES.objectNode().set(field, NODES.arrayNode().add(node)).toString());
        return "metadata @> ?::jsonb OR metadata @> ?::jsonb";
    }

    private static String joined(List<Filter> filters, String operator, String ofNone, List<Object> parameters) {
        return filters.isEmpty()
                ? ofNone
                : filters.stream()
                        .map(filter -> condition(filter, parameters))
                        .collect(Collectors.joining(operator, "(", ")"));
    }

    private static String operator(Filter.Comparison comparison) {
        return switch (comparison) {
            case GREATER -> ">";
            case AT_LEAST -> ">=";
            case LESS -> "<";
            case AT_MOST -> "<=";
        };
    }
}
