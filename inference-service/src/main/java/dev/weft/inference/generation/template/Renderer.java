package dev.weft.inference.generation.template;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Runs statements. For one thread and one rendering. */
final class Renderer {

    /** Macros that call each other deeper than any prompt needs. */
    private static final int DEEPEST = 64;

    private final Clock clock;
    private final Evaluator evaluator;
    private final Output output;
    private final AtomicInteger depth;
    private int loops;

    Renderer(Clock clock, Output output) {
        this(clock, output, new AtomicInteger());
    }

    /** One that writes elsewhere; all renderers of one rendering share how deep they are in each other. */
    private Renderer(Clock clock, Output output, AtomicInteger depth) {
        this.clock = clock;
        this.evaluator = new Evaluator(clock);
        this.output = output;
        this.depth = depth;
    }

    /** How statements ended. */
    enum Flow {
        ON,
        BREAK,
        CONTINUE
    }

    Flow run(List<Statement> statements, Scope scope) {
        for (Statement statement : statements) {
            Flow flow = run(statement, scope);
            if (flow != Flow.ON) {
                return flow;
            }
        }
        return Flow.ON;
    }

    private Flow run(Statement statement, Scope scope) {
        switch (statement) {
            case Statement.Text(String text) -> output.write(text);
            case Statement.Output(Expression expression) ->
                output.write(PythonText.str(evaluator.value(expression, scope)));
            case Statement.If branches -> {
                return branch(branches, scope);
            }
            case Statement.For loop -> loop(loop, scope);
            case Statement.Assign(String name, Expression value) -> scope.set(name, evaluator.value(value, scope));
            case Statement.AssignAttribute assign -> assign(assign, scope);
            case Statement.AssignBody(String name, List<Statement> body) -> {
                Output inner = new Output();
                new Renderer(clock, inner, depth).run(body, scope.inner());
                scope.set(name, inner.text());
            }
            case Statement.DefineMacro macro ->
                scope.set(macro.name(), (Values.Callable) arguments -> call(macro, arguments, scope));
            case Statement.Break _ -> {
                return Flow.BREAK;
            }
            case Statement.Continue _ -> {
                return Flow.CONTINUE;
            }
        }
        return Flow.ON;
    }

    private Flow branch(Statement.If branches, Scope scope) {
        for (Map.Entry<Expression, List<Statement>> branch : branches.branches()) {
            if (evaluator.isTrue(branch.getKey(), scope)) {
                return run(branch.getValue(), scope);
            }
        }
        return run(branches.otherwise(), scope);
    }

    private void loop(Statement.For loop, Scope scope) {
        List<@Nullable Object> items = new ArrayList<>();
        for (Object item : Values.iterate(evaluator.value(loop.iterable(), scope))) {
            Scope inner = scope.inner();
            bind(loop.targets(), item, inner);
            if (loop.condition().isEmpty() || evaluator.isTrue(loop.condition().get(), inner)) {
                items.add(item);
            }
        }
        if (items.isEmpty()) {
            run(loop.otherwise(), scope.inner());
            return;
        }
        loops++;
        for (int i = 0; i < items.size(); i++) {
            Scope inner = scope.inner();
            inner.set("loop", new Values.Loop(items, i, loops));
            bind(loop.targets(), items.get(i), inner);
            if (run(loop.body(), inner) == Flow.BREAK) {
                break;
            }
        }
        loops--;
    }

    private static void bind(List<String> targets, @Nullable Object item, Scope scope) {
        if (targets.size() == 1) {
            scope.set(targets.getFirst(), item);
            return;
        }
        if (!(item instanceof List<?> parts) || parts.size() != targets.size()) {
            throw new InvalidArgument("chat template: " + Values.describe(item) + " for the variables " + targets
                    + " (expected: a list of " + targets.size() + ")");
        }
        for (int i = 0; i < targets.size(); i++) {
            scope.set(targets.get(i), parts.get(i));
        }
    }

    private void assign(Statement.AssignAttribute assign, Scope scope) {
        if (!(scope.get(assign.namespace()) instanceof Values.Namespace(Map<String, @Nullable Object> attributes))) {
            throw new InvalidArgument("chat template: '" + assign.namespace() + "." + assign.attribute()
                    + "' set (expected: a namespace)");
        }
        attributes.put(assign.attribute(), evaluator.value(assign.value(), scope));
    }

    private String call(Statement.DefineMacro macro, Arguments arguments, Scope definition) {
        List<Statement.Parameter> parameters = macro.parameters();
        arguments.only(
                parameters.size(),
                parameters.stream().map(Statement.Parameter::name).toArray(String[]::new));
        Scope inner = definition.inner();
        for (int i = 0; i < parameters.size(); i++) {
            Statement.Parameter parameter = parameters.get(i);
            Object value =
                    arguments.has(i, parameter.name()) || parameter.absent().isEmpty()
                            ? arguments.get(i, parameter.name(), new Values.Undefined(parameter.name()))
                            : evaluator.value(parameter.absent().get(), inner);
            inner.set(parameter.name(), value);
        }
        if (depth.incrementAndGet() > DEEPEST) {
            throw new InvalidArgument("chat template: macros call each other over " + DEEPEST + " deep");
        }
        Output text = new Output();
        new Renderer(clock, text, depth).run(macro.body(), inner);
        depth.decrementAndGet();
        return text.text();
    }
}
