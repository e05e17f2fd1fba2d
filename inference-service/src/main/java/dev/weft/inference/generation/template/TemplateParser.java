package dev.weft.inference.generation.template;

import dev.weft.inference.generation.template.Token.Kind;
import dev.weft.kit.error.Failure.FailedPrecondition;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads statements. A tag that chat templates do not use is refused by name. */
final class TemplateParser extends ExpressionParser {

    /** Loops that are open at this point: {@code break} and {@code continue} need one. */
    private int loops;

    private TemplateParser(List<Token> tokens) {
        super(tokens);
    }

    /**
     * The whole template.
     *
     * @throws FailedPrecondition for a construct that is not supported; names it and the line
     */
    static List<Statement> parse(String source) {
        TemplateParser parser = new TemplateParser(TemplateLexer.tokens(source));
        List<Statement> statements = parser.body(Set.of());
        CallChecker.check(statements);
        return statements;
    }

    /** Statements up to a tag of one of those names, which is left unread; up to the end of the template when there are none. */
    private List<Statement> body(Set<String> ends) {
        List<Statement> statements = new ArrayList<>();
        while (true) {
            Token token = peek();
            switch (token.kind()) {
                case TEXT -> statements.add(new Statement.Text(take().text()));
                case OUTPUT_BEGIN -> {
                    take();
                    statements.add(new Statement.Output(expression()));
                    expect(Kind.OUTPUT_END, "'}}'");
                }
                case TAG_BEGIN -> {
                    take();
                    if (ends.contains(peek().text())) {
                        return statements;
                    }
                    statements.addAll(tag());
                }
                case END -> {
                    if (!ends.isEmpty()) {
                        throw error("the end of the template (expected: one of " + new java.util.TreeSet<>(ends) + ")");
                    }
                    return statements;
                }
                case NAME, STRING, INTEGER, FLOAT, OPERATOR, OUTPUT_END, TAG_END ->
                    throw new IllegalStateException("the lexer gives no " + token.kind() + " outside of tags");
            }
        }
    }

    private List<Statement> tag() {
        String name = expect(Kind.NAME, "a tag's name");
        return switch (name) {
            case "if" -> List.of(branches());
            case "for" -> List.of(loop());
            case "set" -> List.of(assign());
            case "macro" -> List.of(macro());
            case "break", "continue" -> {
                if (loops == 0) {
                    throw error("'" + name + "' outside of a loop");
                }
                endTag();
                yield List.of(name.equals("break") ? new Statement.Break() : new Statement.Continue());
            }
            // Marks what an assistant wrote, for training; its text is text like any other.
            case "generation" -> {
                endTag();
                List<Statement> body = body(Set.of("endgeneration"));
                end();
                yield body;
            }
            default ->
                throw error("tag '" + name
                        + "' (expected: one of [break, continue, for, generation, if, macro, set] and their ends)");
        };
    }

    private void endTag() {
        expect(Kind.TAG_END, "'%}'");
    }

    /** The tag at which {@link #body} stopped. */
    private String end() {
        String name = take().text();
        endTag();
        return name;
    }

    private Statement branches() {
        List<Map.Entry<Expression, List<Statement>>> branches = new ArrayList<>();
        while (true) {
            Expression condition = expression();
            endTag();
            branches.add(Map.entry(condition, body(Set.of("elif", "else", "endif"))));
            String next = take().text();
            if (next.equals("elif")) {
                continue;
            }
            endTag();
            List<Statement> otherwise = List.of();
            if (next.equals("else")) {
                otherwise = body(Set.of("endif"));
                end();
            }
            return new Statement.If(branches, otherwise);
        }
    }

    private Statement loop() {
        List<String> targets = new ArrayList<>();
        boolean bracketed = takeOperator("(");
        do {
            targets.add(expect(Kind.NAME, "a variable's name"));
        } while (takeOperator(","));
        if (bracketed) {
            expectOperator(")");
        }
        if (!takeName("in")) {
            throw error("'" + peek().text() + "' (expected: 'in')");
        }
        Expression iterable = or();
        Optional<Expression> condition = takeName("if") ? Optional.of(expression()) : Optional.empty();
        endTag();
        loops++;
        List<Statement> body = body(Set.of("else", "endfor"));
        loops--;
        List<Statement> otherwise = List.of();
        if (end().equals("else")) {
            otherwise = body(Set.of("endfor"));
            end();
        }
        return new Statement.For(targets, iterable, condition, body, otherwise);
    }

    private Statement assign() {
        String name = expect(Kind.NAME, "a variable's name");
        if (takeOperator(".")) {
            String attribute = expect(Kind.NAME, "an attribute's name");
            expectOperator("=");
            Expression value = expression();
            endTag();
            return new Statement.AssignAttribute(name, attribute, value);
        }
        if (takeOperator("=")) {
            Expression value = expression();
            endTag();
            return new Statement.Assign(name, value);
        }
        endTag(); // a tuple of names, or a filter, ends here with an error
        List<Statement> body = body(Set.of("endset"));
        end();
        return new Statement.AssignBody(name, body);
    }

    private Statement macro() {
        String name = expect(Kind.NAME, "a macro's name");
        expectOperator("(");
        List<Statement.Parameter> parameters = new ArrayList<>();
        Set<String> names = new HashSet<>();
        while (!takeOperator(")")) {
            String parameter = expect(Kind.NAME, "a parameter's name");
            if (!names.add(parameter)) {
                throw error("parameter '" + parameter + "' twice");
            }
            parameters.add(new Statement.Parameter(
                    parameter, takeOperator("=") ? Optional.of(expression()) : Optional.empty()));
            if (!peek().isOperator(")")) {
                expectOperator(",");
            }
        }
        endTag();
        int outer = loops;
        loops = 0;
        List<Statement> body = body(Set.of("endmacro"));
        loops = outer;
        end();
        return new Statement.DefineMacro(name, parameters, body);
    }
}
