package dev.weft.inference.generation.template;

import dev.weft.inference.generation.template.Expression.Inputs;
import dev.weft.kit.error.Failure.InvalidArgument;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Computes expressions. Stateless. */
final class Evaluator {

    private final Clock clock;

    Evaluator(Clock clock) {
        this.clock = clock;
    }

    @Nullable
    Object value(Expression expression, Scope scope) {
        return switch (expression) {
            case Expression.Literal(Object value) -> value;
            case Expression.Name(String name) -> named(name, scope);
            case Expression.ListOf(List<Expression> elements) -> values(elements, scope);
            case Expression.MapOf map -> {
                Map<@Nullable Object, @Nullable Object> values = new LinkedHashMap<>();
                map.entries()
                        .forEach(entry -> values.put(value(entry.getKey(), scope), value(entry.getValue(), scope)));
                yield values;
            }
            case Expression.Not(Expression operand) -> !isTrue(operand, scope);
            case Expression.Negative(Expression operand) ->
                value(operand, scope) instanceof Double number
                        ? (Object) (-number)
                        : (Object) (-Values.toLong(value(operand, scope)));
            case Expression.And(Expression left, Expression right) -> {
                Object first = value(left, scope);
                yield Values.isTrue(first) ? value(right, scope) : first;
            }
            case Expression.Or(Expression left, Expression right) -> {
                Object first = value(left, scope);
                yield Values.isTrue(first) ? first : value(right, scope);
            }
            case Expression.Arithmetic(String operator, Expression left, Expression right) ->
                arithmetic(operator, value(left, scope), value(right, scope));
            case Expression.Comparison comparison -> compare(comparison, scope);
            case Expression.Conditional(Expression condition, Expression then, Optional<Expression> otherwise) ->
                isTrue(condition, scope)
                        ? value(then, scope)
                        : otherwise.isPresent()
                                ? value(otherwise.get(), scope)
                                : new Values.Undefined("if without else");
            case Expression.Attribute(Expression target, String name) -> item(value(target, scope), name);
            case Expression.Item(Expression target, Expression key) -> item(value(target, scope), value(key, scope));
            case Expression.Slice slice -> slice(slice, scope);
            case Expression.Call call -> call(call, scope);
            case Expression.Filter filter ->
                Filters.apply(filter.name(), value(filter.target(), scope), arguments(filter.inputs(), scope));
            case Expression.Test test ->
                Tests.test(test.name(), value(test.target(), scope), arguments(test.inputs(), scope));
        };
    }

    /** Functions are values too: templates ask whether one is defined. */
    private @Nullable Object named(String name, Scope scope) {
        Object value = scope.get(name);
        return value instanceof Values.Undefined && Functions.KNOWN.contains(name)
                ? (Values.Callable) arguments -> Functions.call(name, arguments, clock)
                : value;
    }

    boolean isTrue(Expression expression, Scope scope) {
        return Values.isTrue(value(expression, scope));
    }

    private List<@Nullable Object> values(List<Expression> expressions, Scope scope) {
        List<@Nullable Object> values = new ArrayList<>();
        expressions.forEach(expression -> values.add(value(expression, scope)));
        return values;
    }

    private Arguments arguments(Inputs inputs, Scope scope) {
        if (inputs.positional().isEmpty() && inputs.named().isEmpty()) {
            return Arguments.NONE;
        }
        Map<String, @Nullable Object> named = new LinkedHashMap<>();
        inputs.named().forEach((name, expression) -> named.put(name, value(expression, scope)));
        return new Arguments(values(inputs.positional(), scope), named);
    }

    private @Nullable Object call(Expression.Call call, Scope scope) {
        Arguments arguments = arguments(call.inputs(), scope);
        if (call.target() instanceof Expression.Name(String name)) {
            return invoke(named(name, scope), arguments, "'" + name + "'");
        }
        if (call.target() instanceof Expression.Attribute(Expression target, String method)) {
            return Methods.call(value(target, scope), method, arguments);
        }
        return invoke(value(call.target(), scope), arguments, "an expression");
    }

    private static @Nullable Object invoke(@Nullable Object function, Arguments arguments, String name) {
        if (function instanceof Values.Callable callable) {
            return callable.call(arguments);
        }
        throw new InvalidArgument(
                "chat template: " + name + " called, which is " + Values.describe(function) + " (expected: a macro)");
    }

    private boolean compare(Expression.Comparison comparison, Scope scope) {
        Object left = value(comparison.first(), scope);
        for (Map.Entry<String, Expression> next : comparison.rest()) {
            Object right = value(next.getValue(), scope);
            boolean holds =
                    switch (next.getKey()) {
                        case "==" -> Values.isEqual(left, right);
                        case "!=" -> !Values.isEqual(left, right);
                        case "in" -> Values.contains(right, left);
                        case "not in" -> !Values.contains(right, left);
                        case "<" -> Values.compare(left, right) < 0;
                        case "<=" -> Values.compare(left, right) <= 0;
                        case ">" -> Values.compare(left, right) > 0;
                        default -> Values.compare(left, right) >= 0;
                    };
            if (!holds) {
                return false;
            }
            left = right;
        }
        return true;
    }

    private static Object arithmetic(String operator, @Nullable Object left, @Nullable Object right) {
        if (operator.equals("~")) {
            return PythonText.str(left) + PythonText.str(right);
        }
        if (operator.equals("+") && left instanceof String a && right instanceof String b) {
            return a + b;
        }
        if (operator.equals("+") && left instanceof List<?> a && right instanceof List<?> b) {
            List<@Nullable Object> both = new ArrayList<>(a);
            both.addAll(b);
            return both;
        }
        if (operator.equals("*") && left instanceof String text && right instanceof Long count && count <= 10_000) {
            return text.repeat((int) Math.max(0, count));
        }
        if (!Values.isNumeric(left) || !Values.isNumeric(right)) {
            throw new InvalidArgument("chat template: " + Values.describe(left) + " " + operator + " "
                    + Values.describe(right) + " (expected: two numbers, or two texts or lists to add)");
        }
        boolean real = left instanceof Double || right instanceof Double || operator.equals("/");
        if (!operator.equals("+")
                && !operator.equals("-")
                && !operator.equals("*")
                && !operator.equals("**")
                && Values.toDouble(right) == 0) {
            throw new InvalidArgument("chat template: division by zero");
        }
        return real
                ? (Object) reals(operator, Values.toDouble(left), Values.toDouble(right))
                : (Object) integers(operator, Values.toLong(left), Values.toLong(right));
    }

    /** Division and remainder round towards minus infinity, as in Python. */
    private static long integers(String operator, long left, long right) {
        return switch (operator) {
            case "+" -> left + right;
            case "-" -> left - right;
            case "*" -> left * right;
            case "//" -> Math.floorDiv(left, right);
            case "%" -> Math.floorMod(left, right);
            default -> (long) Math.pow((double) left, (double) right);
        };
    }

    private static double reals(String operator, double left, double right) {
        return switch (operator) {
            case "+" -> left + right;
            case "-" -> left - right;
            case "*" -> left * right;
            case "/" -> left / right;
            case "//" -> Math.floor(left / right);
            case "%" -> left - Math.floor(left / right) * right;
            default -> Math.pow(left, right);
        };
    }

    /** What a dot or brackets take out of a value; undefined when it is not there. */
    static @Nullable Object item(@Nullable Object target, @Nullable Object key) {
        return switch (target) {
            case Values.Undefined _ ->
                throw new InvalidArgument("chat template: " + Values.describe(target) + " asked for '" + key + "'");
            case Map<?, ?> map when key != null && map.containsKey(key) -> map.get(key);
            case Values.Namespace(Map<String, @Nullable Object> attributes)
            when key instanceof String name && attributes.containsKey(name) -> attributes.get(name);
            case Values.Loop loop when key instanceof String name -> attribute(loop, name);
            case List<?> list when key instanceof Long index -> at(list, index);
            case String text when key instanceof Long index -> at(Values.iterate(text), index);
            case null, default -> new Values.Undefined(String.valueOf(key));
        };
    }

    private static @Nullable Object at(List<? extends @Nullable Object> list, long index) {
        long position = index < 0 ? index + list.size() : index;
        return position >= 0 && position < list.size()
                ? list.get((int) position)
                : new Values.Undefined("element " + index);
    }

    private static @Nullable Object attribute(Values.Loop loop, String name) {
        int index = loop.index();
        int size = loop.items().size();
        return switch (name) {
            case "index" -> (long) index + 1;
            case "index0" -> (long) index;
            case "revindex" -> (long) size - index;
            case "revindex0" -> (long) size - index - 1;
            case "first" -> index == 0;
            case "last" -> index == size - 1;
            case "length" -> (long) size;
            case "depth" -> (long) loop.depth();
            case "depth0" -> (long) loop.depth() - 1;
            case "previtem" ->
                index == 0 ? new Values.Undefined("previtem") : loop.items().get(index - 1);
            case "nextitem" ->
                index == size - 1
                        ? new Values.Undefined("nextitem")
                        : loop.items().get(index + 1);
            default -> throw new InvalidArgument("chat template: loop." + name + " (expected: an attribute of loops)");
        };
    }

    private Object slice(Expression.Slice slice, Scope scope) {
        Object target = value(slice.target(), scope);
        if (!(target instanceof String) && !(target instanceof List)) {
            throw new InvalidArgument(
                    "chat template: a slice of " + Values.describe(target) + " (expected: a list or a text)");
        }
        List<? extends @Nullable Object> elements = Values.iterate(target);
        Long step = bound(slice.step(), scope);
        long by = step == null ? 1 : step;
        if (by == 0) {
            throw new InvalidArgument("chat template: a slice by steps of 0 (expected: another number)");
        }
        long size = elements.size();
        long start = position(bound(slice.from(), scope), by > 0 ? 0 : size - 1, size, by);
        long end = position(bound(slice.to(), scope), by > 0 ? size : -1, size, by);
        List<@Nullable Object> picked = new ArrayList<>();
        for (long i = start; by > 0 ? i < end : i > end; i += by) {
            picked.add(elements.get((int) i));
        }
        return target instanceof String
                ? String.join("", picked.stream().map(PythonText::str).toList())
                : picked;
    }

    private @Nullable Long bound(Optional<Expression> expression, Scope scope) {
        Object value = expression.isEmpty() ? null : value(expression.get(), scope);
        return value == null ? null : (Long) Values.toLong(value);
    }

    /** Negative bounds count from the end; what lies outside is cut, as in Python. */
    private static long position(@Nullable Long bound, long absent, long size, long step) {
        if (bound == null) {
            return absent;
        }
        long position = bound < 0 ? bound + size : bound;
        return step > 0 ? Math.clamp(position, 0, size) : Math.clamp(position, -1, size - 1);
    }
}
