package dev.weft.inference.generation.template;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a template does. */
sealed interface Statement {

    record Text(String text) implements Statement {}

    record Output(Expression expression) implements Statement {}

    record If(List<Map.Entry<Expression, List<Statement>>> branches, List<Statement> otherwise) implements Statement {}

    record For(
            List<String> targets,
            Expression iterable,
            Optional<Expression> condition,
            List<Statement> body,
            List<Statement> otherwise)
            implements Statement {}

    record Assign(String name, Expression value) implements Statement {}

    /** Of an attribute of a {@code namespace}. */
    record AssignAttribute(String namespace, String attribute, Expression value) implements Statement {}

    /** Of what its body writes. */
    record AssignBody(String name, List<Statement> body) implements Statement {}

    record DefineMacro(String name, List<Parameter> parameters, List<Statement> body) implements Statement {}

    record Parameter(String name, Optional<Expression> absent) {}

    record Break() implements Statement {}

    record Continue() implements Statement {}
}
