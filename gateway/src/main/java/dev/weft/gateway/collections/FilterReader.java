package dev.weft.gateway.collections;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.protocol.embedding.v1.Condition;
import dev.weft.protocol.embedding.v1.Filter;
import dev.weft.protocol.embedding.v1.FilterList;
import dev.weft.protocol.embedding.v1.MetadataValue;
import dev.weft.protocol.embedding.v1.Operator;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Filters as vector databases' clients write them: {@code {"kind": "card", "amount": {"$gt": 10}}}, {@code {"$or": [{…}, {…}]}},
 * {@code {"$not": {…}}}. What stands side by side must all be true.
 */
final class FilterReader {

    private static final Map<String, Operator> OPERATORS = Map.of(
            "$eq", Operator.OPERATOR_EQ,
            "$ne", Operator.OPERATOR_NE,
            "$in", Operator.OPERATOR_IN,
            "$gt", Operator.OPERATOR_GT,
            "$gte", Operator.OPERATOR_GTE,
            "$lt", Operator.OPERATOR_LT,
            "$lte", Operator.OPERATOR_LTE,
            "$exists", Operator.OPERATOR_EXISTS);

    /** What embedding-service evaluates; looked at here, too, since reading goes as deep as the filter. */
    private static final int MAX_DEPTH = 32;

    private FilterReader() {}

    /** The filter that an object says. */
    static Filter filter(JsonNode object, String path) {
        return filter(object, path, 1);
    }

    private static Filter filter(JsonNode object, String path, int depth) {
        if (!object.isObject() || object.isEmpty()) {
            throw JsonValues.wrong(path, object, "an object with a condition");
        }
        if (depth > MAX_DEPTH) {
            throw new InvalidArgument("filter: deeper than " + MAX_DEPTH + " (expected: at most " + MAX_DEPTH + ")");
        }
        List<Filter> parts = new ArrayList<>();
        object.properties().forEach(field -> {
            String name = field.getKey();
            String inner = path + "." + name;
            switch (name) {
                case "$and" ->
                    parts.add(Filter.newBuilder()
                            .setAllOf(list(field.getValue(), inner, depth))
                            .build());
                case "$or" ->
                    parts.add(Filter.newBuilder()
                            .setAnyOf(list(field.getValue(), inner, depth))
                            .build());
                case "$not" ->
                    parts.add(Filter.newBuilder()
                            .setNot(filter(field.getValue(), inner, depth + 1))
                            .build());
                default -> parts.addAll(conditions(name, field.getValue(), inner));
            }
        });
        return parts.size() == 1
                ? parts.getFirst()
                : Filter.newBuilder()
                        .setAllOf(FilterList.newBuilder().addAllFilters(parts))
                        .build();
    }

    private static FilterList list(JsonNode array, String path, int depth) {
        if (!array.isArray() || array.isEmpty()) {
            throw JsonValues.wrong(path, array, "an array of filters, one at least");
        }
        FilterList.Builder list = FilterList.newBuilder();
        for (int i = 0; i < array.size(); i++) {
            list.addFilters(filter(array.get(i), path + "[" + i + "]", depth + 1));
        }
        return list.build();
    }

    private static List<Filter> conditions(String field, JsonNode value, String path) {
        if (field.startsWith("$")) {
            throw new InvalidArgument(path + ": unknown (expected: a field, $and, $or or $not)");
        }
        if (!value.isObject()) {
            return List.of(condition(field, Operator.OPERATOR_EQ, List.of(JsonValues.metadata(value, path))));
        }
        List<Filter> conditions = new ArrayList<>();
        value.properties().forEach(part -> {
            Operator operator = OPERATORS.get(part.getKey());
            String inner = path + "." + part.getKey();
            if (operator == null) {
                throw new InvalidArgument(inner + ": unknown (expected: one of "
                        + OPERATORS.keySet().stream().sorted().toList() + ")");
            }
            conditions.add(condition(field, operator, part.getValue(), inner));
        });
        if (conditions.isEmpty()) {
            throw JsonValues.wrong(path, value, "a value, or an operator with one");
        }
        return conditions;
    }

    private static Filter condition(String field, Operator operator, JsonNode operand, String path) {
        if (operator == Operator.OPERATOR_EXISTS) {
            if (!operand.isBoolean()) {
                throw JsonValues.wrong(path, operand, "true or false");
            }
            Filter exists = condition(field, operator, List.of());
            return operand.booleanValue()
                    ? exists
                    : Filter.newBuilder().setNot(exists).build();
        }
        if (operator != Operator.OPERATOR_IN) {
            return condition(field, operator, List.of(JsonValues.metadata(operand, path)));
        }
        if (!operand.isArray()) {
            throw JsonValues.wrong(path, operand, "an array of values");
        }
        List<MetadataValue> values = new ArrayList<>();
        for (JsonNode entry : operand) {
            values.add(JsonValues.metadata(entry, path + "[" + values.size() + "]"));
        }
        return condition(field, operator, values);
    }

    private static Filter condition(String field, Operator operator, List<MetadataValue> values) {
        return Filter.newBuilder()
                .setCondition(Condition.newBuilder()
                        .setField(field)
                        .setOperator(operator)
                        .addAllValues(values))
                .build();
    }
}
