package dev.weft.embedding.vectorstore;

import dev.weft.embedding.vectorstore.MetadataValue.Numeric;
import dev.weft.embedding.vectorstore.MetadataValue.Text;
import dev.weft.embedding.vectorstore.MetadataValue.Texts;
import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A condition on metadata. A list of strings has each of its elements: {@code tags eq "card"} is true of {@code tags: ["card", "lost"]}.
 */
public sealed interface Filter {

    /** True of every point. */
    static Filter all() {
        return new And(List.of());
    }

    /** How a number compares. */
    enum Comparison {
        GREATER,
        AT_LEAST,
        LESS,
        AT_MOST;

        boolean holds(double left, double right) {
            return switch (this) {
                case GREATER -> left > right;
                case AT_LEAST -> left >= right;
                case LESS -> left < right;
                case AT_MOST -> left <= right;
            };
        }
    }

    /** The field has one of the values; of one value, that it equals it. */
    record In(String field, List<MetadataValue> values) implements Filter {
        public In {
            Metadata.requireName(field);
            values = List.copyOf(values);
            if (values.isEmpty() || values.size() > MAX_VALUES) {
                throw new InvalidArgument(
                        "filter on '" + field + "': " + values.size() + " values (expected: 1 to " + MAX_VALUES + ")");
            }
            if (values.stream().anyMatch(Texts.class::isInstance)) {
                throw new InvalidArgument(
                        "filter on '" + field + "': a list (expected: strings, numbers or booleans to compare with)");
            }
        }

        @Override
        public boolean matches(Metadata metadata) {
            MetadataValue value = metadata.get(field);
            if (value instanceof Texts(List<String> texts)) {
                return values.stream().anyMatch(wanted -> wanted instanceof Text(String text) && texts.contains(text));
            }
            return value != null && values.contains(value);
        }
    }

    /** The field is a number that compares so. */
    record Compare(String field, Comparison comparison, double operand) implements Filter {
        public Compare {
            Metadata.requireName(field);
            if (!Double.isFinite(operand)) {
                throw new InvalidArgument("filter on '" + field + "': " + operand + " (expected: a finite number)");
            }
        }

        @Override
        public boolean matches(Metadata metadata) {
            return metadata.get(field) instanceof Numeric(double value) && comparison.holds(value, operand);
        }
    }

    /** There is such a field. */
    record Exists(String field) implements Filter {
        public Exists {
            Metadata.requireName(field);
        }

        @Override
        public boolean matches(Metadata metadata) {
            return metadata.get(field) != null;
        }
    }

    /** All are true; of none, true. */
    record And(List<Filter> filters) implements Filter {
        public And {
            filters = List.copyOf(filters);
        }

        @Override
        public boolean matches(Metadata metadata) {
            for (Filter filter : filters) {
                if (!filter.matches(metadata)) {
                    return false;
                }
            }
            return true;
        }
    }

    /** One is true; of none, false. */
    record Or(List<Filter> filters) implements Filter {
        public Or {
            filters = List.copyOf(filters);
        }

        @Override
        public boolean matches(Metadata metadata) {
            for (Filter filter : filters) {
                if (filter.matches(metadata)) {
                    return true;
                }
            }
            return false;
        }
    }

    /** It is not true. */
    record Not(Filter filter) implements Filter {
        @Override
        public boolean matches(Metadata metadata) {
            return !filter.matches(metadata);
        }
    }

    /** Values that one condition may compare with. */
    int MAX_VALUES = 1_000;

    /** How deep conditions may lie in each other. */
    int MAX_DEPTH = 16;

    /** Conditions that one filter may have in all. */
    int MAX_CONDITIONS = 256;

    /** Whether the filter is true of a point with that metadata. */
    boolean matches(Metadata metadata);

    /**
     * Checks the size of a filter that a client made.
     *
     * @throws InvalidArgument when it is deeper or larger than is evaluated
     */
    default void requireReasonable() {
        int conditions = size(this, 1);
        if (conditions > MAX_CONDITIONS) {
            throw new InvalidArgument(
                    "filter: " + conditions + " conditions (expected: at most " + MAX_CONDITIONS + ")");
        }
    }

    private static int size(Filter filter, int depth) {
        if (depth > MAX_DEPTH) {
            throw new InvalidArgument("filter: deeper than " + MAX_DEPTH + " (expected: at most " + MAX_DEPTH + ")");
        }
        return switch (filter) {
            case In _, Compare _, Exists _ -> 1;
            case And and ->
                1
                        + and.filters().stream()
                                .mapToInt(part -> size(part, depth + 1))
                                .sum();
            case Or or ->
                1
                        + or.filters().stream()
                                .mapToInt(part -> size(part, depth + 1))
                                .sum();
            case Not not -> size(not.filter(), depth + 1);
        };
    }

    /** The same condition with {@link Not} only directly before {@link In}, {@link Compare} and {@link Exists}. */
    default Filter pushNotDown() {
        return switch (this) {
            case In _, Compare _, Exists _ -> this;
            case And(List<Filter> parts) -> new And(each(parts, Filter::pushNotDown));
            case Or(List<Filter> parts) -> new Or(each(parts, Filter::pushNotDown));
            case Not(Filter inner) ->
                switch (inner) {
                    case In _, Compare _, Exists _ -> this;
                    case And(List<Filter> parts) -> new Or(each(parts, part -> new Not(part).pushNotDown()));
                    case Or(List<Filter> parts) -> new And(each(parts, part -> new Not(part).pushNotDown()));
                    case Not(Filter twice) -> twice.pushNotDown();
                };
        };
    }

    private static List<Filter> each(List<Filter> filters, UnaryOperator<Filter> change) {
        List<Filter> changed = new ArrayList<>(filters.size());
        filters.forEach(filter -> changed.add(change.apply(filter)));
        return changed;
    }

    /** The field has that value. */
    static Filter eq(String field, MetadataValue value) {
        return new In(field, List.of(value));
    }

    /** The field has not that value, or is not there. */
    static Filter ne(String field, MetadataValue value) {
        return new Not(eq(field, value));
    }
}
