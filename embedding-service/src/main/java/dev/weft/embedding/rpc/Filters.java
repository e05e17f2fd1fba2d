package dev.weft.embedding.rpc;

import dev.weft.embedding.vectorstore.Filter;
import dev.weft.embedding.vectorstore.Filter.Compare;
import dev.weft.embedding.vectorstore.Filter.Comparison;
import dev.weft.embedding.vectorstore.MetadataValue;
import dev.weft.embedding.vectorstore.MetadataValue.Numeric;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.protocol.embedding.v1.Condition;
import dev.weft.protocol.embedding.v1.FilterList;
import java.util.List;

/** Filters as messages. */
final class Filters {

    private Filters() {}

    /**
     * The filter that a message says.
     *
     * @throws InvalidArgument when it says none, or is deeper than is evaluated
     */
    static Filter filter(dev.weft.protocol.embedding.v1.Filter message) {
        return filter(message, 1);
    }

    private static Filter filter(dev.weft.protocol.embedding.v1.Filter message, int depth) {
        if (depth > Filter.MAX_DEPTH) {
            throw new InvalidArgument(
                    "filter: deeper than " + Filter.MAX_DEPTH + " (expected: at most " + Filter.MAX_DEPTH + ")");
        }
        return switch (message.getKindCase()) {
            case CONDITION -> condition(message.getCondition());
            case ALL_OF -> new Filter.And(all(message.getAllOf(), depth));
            case ANY_OF -> new Filter.Or(all(message.getAnyOf(), depth));
            case NOT -> new Filter.Not(filter(message.getNot(), depth + 1));
            case KIND_NOT_SET ->
                throw new InvalidArgument("filter: empty (expected: a condition, all_of, any_of or not)");
        };
    }

    private static List<Filter> all(FilterList list, int depth) {
        return list.getFiltersList().stream()
                .map(filter -> filter(filter, depth + 1))
                .toList();
    }

    private static Filter condition(Condition condition) {
        String field = condition.getField();
        List<MetadataValue> values = condition.getValuesList().stream()
                .map(value -> Messages.value(field, value))
                .toList();
        return switch (condition.getOperator()) {
            case OPERATOR_EQ -> Filter.eq(field, one(field, values));
            case OPERATOR_NE -> Filter.ne(field, one(field, values));
            case OPERATOR_IN -> new Filter.In(field, values);
            case OPERATOR_GT -> compare(field, Comparison.GREATER, values);
            case OPERATOR_GTE -> compare(field, Comparison.AT_LEAST, values);
            case OPERATOR_LT -> compare(field, Comparison.LESS, values);
            case OPERATOR_LTE -> compare(field, Comparison.AT_MOST, values);
            case OPERATOR_EXISTS -> exists(field, values);
            case OPERATOR_UNSPECIFIED, UNRECOGNIZED ->
                throw new InvalidArgument("filter on '" + field + "': no operator (expected: one that exists)");
        };
    }

    private static MetadataValue one(String field, List<MetadataValue> values) {
        if (values.size() != 1) {
            throw new InvalidArgument("filter on '" + field + "': " + values.size() + " values (expected: one)");
        }
        return values.getFirst();
    }

    private static Filter compare(String field, Comparison comparison, List<MetadataValue> values) {
        if (!(one(field, values) instanceof Numeric(double operand))) {
            throw new InvalidArgument("filter on '" + field + "': no number (expected: a number to compare with)");
        }
        return new Compare(field, comparison, operand);
    }

    private static Filter exists(String field, List<MetadataValue> values) {
        if (!values.isEmpty()) {
            throw new InvalidArgument("filter on '" + field + "': " + values.size()
                    + " values (expected: none, as it asks whether the field is there)");
        }
        return new Filter.Exists(field);
    }
}
