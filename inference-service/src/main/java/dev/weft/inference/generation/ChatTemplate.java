package dev.weft.inference.generation;

import dev.weft.inference.generation.template.JinjaTemplate;
import dev.weft.inference.modelpackage.Task.TextGeneration;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How a model's conversations are written as a prompt. Immutable. */
final class ChatTemplate {

    private final JinjaTemplate template;
    private final Map<String, String> specialTokens;

    private ChatTemplate(JinjaTemplate template, Map<String, String> specialTokens) {
        this.template = template;
        this.specialTokens = specialTokens;
    }

    /**
     * The template of a package; empty when it has none.
     *
     * @throws FailedPrecondition when it cannot be understood; names the line and the construct
     */
    static Optional<ChatTemplate> of(TextGeneration task) {
        return task.chatTemplate().map(source -> {
            try {
                return new ChatTemplate(JinjaTemplate.compile(source), task.specialTokens());
            } catch (FailedPrecondition e) {
                throw new FailedPrecondition(
                        "chat template: " + e.getMessage() + "; weft.json may bring another as chat_template");
            }
        });
    }

    /**
     * The prompt that asks for the next message.
     *
     * @throws InvalidArgument when the template refuses the conversation, in the template's own words
     */
    String prompt(List<@Nullable Object> messages) {
        Map<String, @Nullable Object> variables = new HashMap<>(specialTokens);
        variables.put("messages", messages);
        variables.put("add_generation_prompt", true);
        // What transformers passes when there are none: templates ask whether they are none, or defined.
        variables.put("tools", null);
        variables.put("documents", null);
        return template.render(variables);
    }
}
