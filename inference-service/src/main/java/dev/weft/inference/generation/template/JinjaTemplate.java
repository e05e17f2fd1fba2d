package dev.weft.inference.generation.template;

import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.InvalidArgument;
import java.time.Clock;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A compiled chat template. Immutable and thread-safe.
 *
 * @see <a href="https://jinja.palletsprojects.com/en/stable/templates/">Jinja: template designer documentation</a>
 * @see <a href="https://huggingface.co/docs/transformers/chat_templating">transformers: chat templates</a>
 */
public final class JinjaTemplate {

    private final List<Statement> statements;
    private final Clock clock;

    private JinjaTemplate(List<Statement> statements, Clock clock) {
        this.statements = statements;
        this.clock = clock;
    }

    /**
     * Compiles a template.
     *
     * @throws FailedPrecondition for what is no template, or uses what is not supported; names the line, what was found and what was
     *     expected
     */
    public static JinjaTemplate compile(String source) {
        return compile(source, Clock.system(ZoneId.systemDefault()));
    }

    /** As {@link #compile(String)}; {@code strftime_now} asks that clock. */
    static JinjaTemplate compile(String source, Clock clock) {
        return new JinjaTemplate(TemplateParser.parse(source), clock);
    }

    /**
     * The template's text.
     *
     * @param variables Strings, Longs, Doubles, Booleans, nulls, and Lists and Maps of them
     * @throws InvalidArgument when the template calls {@code raise_exception}, or is not made for such values
     */
    public String render(Map<String, @Nullable Object> variables) {
        Output output = new Output();
        new Renderer(clock, output).run(statements, new Scope(variables));
        return output.text();
    }
}
