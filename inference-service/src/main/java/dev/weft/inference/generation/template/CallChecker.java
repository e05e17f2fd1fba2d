package dev.weft.inference.generation.template;

import dev.weft.inference.generation.template.Expression.Inputs;
import dev.weft.kit.error.Failure.FailedPrecondition;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Finds calls of functions that nobody defines, before a conversation does. */
final class CallChecker {

    private final Set<String> known = new HashSet<>(Functions.KNOWN);

    private CallChecker() {}

    /**
     * Checks a whole template.
     *
     * @throws FailedPrecondition naming the function and its line
     */
    static void check(List<Statement> statements) {
        CallChecker checker = new CallChecker();
        checker.define(statements);
        statements.forEach(checker::statement);
    }

    /** Macros, and variables, which may hold one. */
    private void define(List<Statement> statements) {
        for (Statement statement : statements) {
            switch (statement) {
                case Statement.DefineMacro macro -> {
                    known.add(macro.name());
                    macro.parameters().forEach(parameter -> known.add(parameter.name()));
                    define(macro.body());
                }
                case Statement.Assign assign -> known.add(assign.name());
                case Statement.If branches -> {
                    branches.branches().forEach(branch -> define(branch.getValue()));
                    define(branches.otherwise());
                }
                case Statement.For loop -> {
                    known.addAll(loop.targets());
                    define(loop.body());
                    define(loop.otherwise());
                }
                case Statement.AssignBody body -> define(body.body());
                case Statement.Text _,
                        Statement.Output _,
                        Statement.AssignAttribute _,
                        Statement.Break _,
                        Statement.Continue _ -> {}
            }
        }
    }

    private void statement(Statement statement) {
        switch (statement) {
            case Statement.Output output -> expression(output.expression());
            case Statement.If branches -> {
                branches.branches().forEach(branch -> {
                    expression(branch.getKey());
                    branch.getValue().forEach(this::statement);
                });
                branches.otherwise().forEach(this::statement);
            }
            case Statement.For loop -> {
                expression(loop.iterable());
                loop.condition().ifPresent(this::expression);
                loop.body().forEach(this::statement);
                loop.otherwise().forEach(this::statement);
            }
            case Statement.Assign assign -> expression(assign.value());
            case Statement.AssignAttribute assign -> expression(assign.value());
            case Statement.AssignBody body -> body.body().forEach(this::statement);
            case Statement.DefineMacro macro -> {
                macro.parameters().forEach(parameter -> parameter.absent().ifPresent(this::expression));
                macro.body().forEach(this::statement);
            }
            case Statement.Text _, Statement.Break _, Statement.Continue _ -> {}
        }
    }

    private void expression(Expression expression) {
        switch (expression) {
            case Expression.Call(Expression target, Inputs inputs, int line) -> {
                if (target instanceof Expression.Name(String name)) {
                    if (!known.contains(name)) {
                        throw new FailedPrecondition("line " + line + ": function '" + name + "' (expected: one of "
                                + new TreeSet<>(Functions.KNOWN) + ", or a macro)");
                    }
                } else {
                    expression(target);
                }
                inputs(inputs);
            }
            case Expression.Filter filter -> {
                expression(filter.target());
                inputs(filter.inputs());
            }
            case Expression.Test test -> {
                expression(test.target());
                inputs(test.inputs());
            }
            case Expression.ListOf list -> list.elements().forEach(this::expression);
            case Expression.MapOf map ->
                map.entries().forEach(entry -> List.of(entry.getKey(), entry.getValue())
                        .forEach(this::expression));
            case Expression.Not not -> expression(not.operand());
            case Expression.Negative negative -> expression(negative.operand());
            case Expression.And and -> List.of(and.left(), and.right()).forEach(this::expression);
            case Expression.Or or -> List.of(or.left(), or.right()).forEach(this::expression);
            case Expression.Arithmetic sum -> List.of(sum.left(), sum.right()).forEach(this::expression);
            case Expression.Comparison comparison -> {
                expression(comparison.first());
                comparison.rest().forEach(entry -> expression(entry.getValue()));
            }
            case Expression.Conditional conditional -> {
                List.of(conditional.condition(), conditional.then()).forEach(this::expression);
                conditional.otherwise().ifPresent(this::expression);
            }
            case Expression.Attribute attribute -> expression(attribute.target());
            case Expression.Item item -> List.of(item.target(), item.key()).forEach(this::expression);
            case Expression.Slice slice -> {
                expression(slice.target());
                slice.from().ifPresent(this::expression);
                slice.to().ifPresent(this::expression);
                slice.step().ifPresent(this::expression);
            }
            case Expression.Literal _, Expression.Name _ -> {}
        }
    }

    private void inputs(Inputs inputs) {
        inputs.positional().forEach(this::expression);
        inputs.named().values().forEach(this::expression);
    }
}
