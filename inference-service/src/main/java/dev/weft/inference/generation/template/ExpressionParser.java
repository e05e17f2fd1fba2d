package dev.weft.inference.generation.template;

import dev.weft.inference.generation.template.Expression.Inputs;
import dev.weft.inference.generation.template.Token.Kind;
import dev.weft.kit.error.Failure.FailedPrecondition;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads expressions, with Jinja's precedence. Names of filters, tests and methods are checked here: none is found missing later. */
class ExpressionParser {

    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");

    /** Filters whose first argument may name another filter, or a test. */
    private static final Set<String> BY_TEST = Set.of("select", "reject");

    private static final Set<String> BY_ATTRIBUTE_AND_TEST = Set.of("selectattr", "rejectattr");

    private final List<Token> tokens;
    private int next;

    ExpressionParser(List<Token> tokens) {
        this.tokens = tokens;
    }

    final Token peek() {
        return tokens.get(next);
    }

    final Token take() {
        Token token = tokens.get(next);
        next = Math.min(next + 1, tokens.size() - 1);
        return token;
    }

    final boolean takeOperator(String operator) {
        boolean is = peek().isOperator(operator);
        if (is) {
            take();
        }
        return is;
    }

    final boolean takeName(String name) {
        boolean is = peek().isName(name);
        if (is) {
            take();
        }
        return is;
    }

    final String expect(Kind kind, String what) {
        if (peek().kind() != kind) {
            throw error("'" + peek().text() + "' (expected: " + what + ")");
        }
        return take().text();
    }

    final void expectOperator(String operator) {
        if (!takeOperator(operator)) {
            throw error("'" + peek().text() + "' (expected: '" + operator + "')");
        }
    }

    final FailedPrecondition error(String found) {
        return new FailedPrecondition("line " + peek().line() + ": " + found);
    }

    /** A whole expression. */
    final Expression expression() {
        Expression then = or();
        while (takeName("if")) {
            Expression condition = or();
            Optional<Expression> otherwise = takeName("else") ? Optional.of(expression()) : Optional.empty();
            then = new Expression.Conditional(condition, then, otherwise);
        }
        return then;
    }

    /** One that ends before an {@code if}: what a loop goes over. */
    final Expression or() {
        Expression left = and();
        while (takeName("or")) {
            left = new Expression.Or(left, and());
        }
        return left;
    }

    private Expression and() {
        Expression left = not();
        while (takeName("and")) {
            left = new Expression.And(left, not());
        }
        return left;
    }

    private Expression not() {
        return takeName("not") ? new Expression.Not(not()) : comparison();
    }

    private Expression comparison() {
        Expression first = sum();
        List<Map.Entry<String, Expression>> rest = new ArrayList<>();
        while (true) {
            if (peek().kind() == Kind.OPERATOR && COMPARISONS.contains(peek().text())) {
                rest.add(Map.entry(take().text(), sum()));
            } else if (takeName("in")) {
                rest.add(Map.entry("in", sum()));
            } else if (peek().isName("not") && tokens.get(next + 1).isName("in")) {
                take();
                take();
                rest.add(Map.entry("not in", sum()));
            } else {
                return rest.isEmpty() ? first : new Expression.Comparison(first, rest);
            }
        }
    }

    private Expression sum() {
        Expression left = concatenation();
        while (peek().isOperator("+") || peek().isOperator("-")) {
            left = new Expression.Arithmetic(take().text(), left, concatenation());
        }
        return left;
    }

    private Expression concatenation() {
        Expression left = product();
        while (peek().isOperator("~")) {
            left = new Expression.Arithmetic(take().text(), left, product());
        }
        return left;
    }

    private Expression product() {
        Expression left = power();
        while (peek().kind() == Kind.OPERATOR && Set.of("*", "/", "//", "%").contains(peek().text())) {
            left = new Expression.Arithmetic(take().text(), left, power());
        }
        return left;
    }

    private Expression power() {
        Expression left = signed(true);
        while (takeOperator("**")) {
            left = new Expression.Arithmetic("**", left, signed(true));
        }
        return left;
    }

    private Expression signed(boolean filters) {
        Expression operand;
        if (takeOperator("-")) {
            operand = new Expression.Negative(signed(false));
        } else if (takeOperator("+")) {
            operand = signed(false);
        } else {
            operand = postfix(primary());
        }
        return filters ? filtersAndTests(operand) : operand;
    }

    private Expression primary() {
        Token token = take();
        return switch (token.kind()) {
            case NAME -> name(token.text());
            case STRING -> {
                StringBuilder text = new StringBuilder(token.text());
                while (peek().kind() == Kind.STRING) {
                    text.append(take().text()); // as in Python, strings side by side are one
                }
                yield new Expression.Literal(text.toString());
            }
            case INTEGER -> new Expression.Literal(integer(token));
            case FLOAT -> new Expression.Literal(Double.parseDouble(token.text()));
            case OPERATOR -> bracketed(token);
            case TEXT, OUTPUT_BEGIN, OUTPUT_END, TAG_BEGIN, TAG_END, END ->
                throw error("'" + token.text() + "' (expected: an expression)");
        };
    }

    private Long integer(Token token) {
        try {
            return Long.parseLong(token.text());
        } catch (NumberFormatException _) {
            throw error(token.text() + " (expected: at most 64 bits)");
        }
    }

    private static Expression name(String name) {
        return switch (name) {
            case "true", "True" -> new Expression.Literal(true);
            case "false", "False" -> new Expression.Literal(false);
            case "none", "None" -> new Expression.Literal(null);
            default -> new Expression.Name(name);
        };
    }

    private Expression bracketed(Token token) {
        switch (token.text()) {
            case "(" -> {
                if (takeOperator(")")) {
                    return new Expression.ListOf(List.of());
                }
                Expression first = expression();
                if (takeOperator(")")) {
                    return first;
                }
                expectOperator(",");
                List<Expression> elements = elements(")");
                elements.addFirst(first);
                return new Expression.ListOf(elements);
            }
            case "[" -> {
                return new Expression.ListOf(elements("]"));
            }
            case "{" -> {
                List<Map.Entry<Expression, Expression>> entries = new ArrayList<>();
                while (!takeOperator("}")) {
                    Expression key = expression();
                    expectOperator(":");
                    entries.add(Map.entry(key, expression()));
                    if (!peek().isOperator("}")) {
                        expectOperator(",");
                    }
                }
                return new Expression.MapOf(entries);
            }
            default -> throw error("'" + token.text() + "' (expected: an expression)");
        }
    }

    private List<Expression> elements(String end) {
        List<Expression> elements = new ArrayList<>();
        while (!takeOperator(end)) {
            elements.add(expression());
            if (!peek().isOperator(end)) {
                expectOperator(",");
            }
        }
        return elements;
    }

    private Expression postfix(Expression target) {
        Expression result = target;
        while (true) {
            int line = peek().line();
            if (takeOperator(".")) {
                result = peek().kind() == Kind.INTEGER
                        ? new Expression.Item(result, new Expression.Literal(integer(take())))
                        : new Expression.Attribute(result, expect(Kind.NAME, "an attribute's name"));
            } else if (takeOperator("[")) {
                result = subscript(result);
            } else if (takeOperator("(")) {
                if (result instanceof Expression.Attribute method && !Methods.isKnown(method.name())) {
                    throw error("method '" + method.name() + "' (expected: one of " + Methods.known() + ")");
                }
                result = new Expression.Call(result, inputs(), line);
            } else {
                return result;
            }
        }
    }

    private Expression subscript(Expression target) {
        Optional<Expression> from = peek().isOperator(":") ? Optional.empty() : Optional.of(expression());
        if (takeOperator("]")) {
            return new Expression.Item(target, from.orElseThrow());
        }
        expectOperator(":");
        Optional<Expression> to = isSliceEnd() ? Optional.empty() : Optional.of(expression());
        Optional<Expression> step = Optional.empty();
        if (takeOperator(":")) {
            step = isSliceEnd() ? Optional.empty() : Optional.of(expression());
        }
        expectOperator("]");
        return new Expression.Slice(target, from, to, step);
    }

    private boolean isSliceEnd() {
        return peek().isOperator(":") || peek().isOperator("]");
    }

    private Inputs inputs() {
        List<Expression> positional = new ArrayList<>();
        Map<String, Expression> named = new LinkedHashMap<>();
        while (!takeOperator(")")) {
            if (peek().isOperator("*") || peek().isOperator("**")) {
                throw error("'" + peek().text() + "' before an argument (expected: arguments one by one)");
            }
            if (peek().kind() == Kind.NAME && tokens.get(next + 1).isOperator("=")) {
                String name = take().text();
                take();
                named.put(name, expression());
            } else {
                positional.add(expression());
            }
            if (!peek().isOperator(")")) {
                expectOperator(",");
            }
        }
        return new Inputs(positional, named);
    }

    private Expression filtersAndTests(Expression target) {
        Expression result = target;
        while (true) {
            int line = peek().line();
            if (takeOperator("|")) {
                String name = expect(Kind.NAME, "a filter's name");
                Inputs inputs = takeOperator("(") ? inputs() : Inputs.NONE;
                checkFilter(name, inputs);
                result = new Expression.Filter(result, name, inputs, line);
            } else if (takeName("is")) {
                boolean negated = takeName("not");
                Expression test = test(result, line);
                result = negated ? new Expression.Not(test) : test;
            } else if (takeOperator("(")) {
                result = new Expression.Call(result, inputs(), line);
            } else {
                return result;
            }
        }
    }

    private Expression test(Expression target, int line) {
        String name = expect(Kind.NAME, "a test's name");
        checkTest(name);
        Inputs inputs = Inputs.NONE;
        if (takeOperator("(")) {
            inputs = inputs();
        } else if (startsOperand(peek())) {
            inputs = new Inputs(List.of(postfix(primary())), Map.of());
        }
        return new Expression.Test(target, name, inputs, line);
    }

    private static boolean startsOperand(Token token) {
        return switch (token.kind()) {
            case NAME -> !Set.of("else", "or", "and", "is", "if", "in", "not").contains(token.text());
            case STRING, INTEGER, FLOAT -> true;
            case OPERATOR -> token.text().equals("[") || token.text().equals("{");
            case TEXT, OUTPUT_BEGIN, OUTPUT_END, TAG_BEGIN, TAG_END, END -> false;
        };
    }

    private void checkFilter(String name, Inputs inputs) {
        if (!Filters.isKnown(name)) {
            throw error("filter '" + name + "' (expected: one of " + Filters.known() + ")");
        }
        if (name.equals("map") && literal(inputs, 0) instanceof String inner && !Filters.isKnown(inner)) {
            throw error("filter '" + inner + "' (expected: one of " + Filters.known() + ")");
        }
        if (BY_TEST.contains(name) && literal(inputs, 0) instanceof String inner) {
            checkTest(inner);
        }
        if (BY_ATTRIBUTE_AND_TEST.contains(name) && literal(inputs, 1) instanceof String inner) {
            checkTest(inner);
        }
    }

    private static @Nullable Object literal(Inputs inputs, int index) {
        return inputs.positional().size() > index
                        && inputs.positional().get(index) instanceof Expression.Literal(Object value)
                ? value
                : null;
    }

    private void checkTest(String name) {
        if (!Tests.isKnown(name)) {
            throw error("test '" + name + "' (expected: one of " + Tests.known() + ")");
        }
    }
}
