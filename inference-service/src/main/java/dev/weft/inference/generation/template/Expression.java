package dev.weft.inference.generation.template;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What has a value. */
sealed interface Expression {

    record Literal(@Nullable Object value) implements Expression {}

    record Name(String name) implements Expression {}

    record ListOf(List<Expression> elements) implements Expression {}

    record MapOf(List<Map.Entry<Expression, Expression>> entries) implements Expression {}

    record Not(Expression operand) implements Expression {}

    record Negative(Expression operand) implements Expression {}

    record And(Expression left, Expression right) implements Expression {}

    record Or(Expression left, Expression right) implements Expression {}

    /** One of {@code + - * / // % ** ~}. */
    record Arithmetic(String operator, Expression left, Expression right) implements Expression {}

    /** Comparisons in a chain: each holds between its operand and the one before. */
    record Comparison(Expression first, List<Map.Entry<String, Expression>> rest) implements Expression {}

    record Conditional(Expression condition, Expression then, Optional<Expression> otherwise) implements Expression {}

    record Attribute(Expression target, String name) implements Expression {}

    record Item(Expression target, Expression key) implements Expression {}

    record Slice(Expression target, Optional<Expression> from, Optional<Expression> to, Optional<Expression> step)
            implements Expression {}

    record Call(Expression target, Inputs inputs, int line) implements Expression {}

    record Filter(Expression target, String name, Inputs inputs, int line) implements Expression {}

    record Test(Expression target, String name, Inputs inputs, int line) implements Expression {}

    /** What stands between the parentheses of a call. */
    record Inputs(List<Expression> positional, Map<String, Expression> named) {
        static final Inputs NONE = new Inputs(List.of(), Map.of());
    }
}
