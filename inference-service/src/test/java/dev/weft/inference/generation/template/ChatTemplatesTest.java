package dev.weft.inference.generation.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Templates of our own, with the constructs that those of well-known model families use and the prompts that those models know. */
class ChatTemplatesTest {

    private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-11-05T15:04:05Z"), ZoneOffset.UTC);

    private static final Map<String, String> SYSTEM = message("system", " You work for a bank. ");
    private static final Map<String, String> QUESTION = message("user", "How do I block my card?");
    private static final Map<String, String> ANSWER = message("assistant", "In the app.\n");
    private static final Map<String, String> THANKS = message("user", "Danke für die \"Hilfe\"!");

    @Test
    void qwen2AddsItsOwnSystemMessage() {
        assertThat(prompt("qwen2", QUESTION))
                .isEqualTo(String.join(
                        "",
                        "<|im_start|>system\nYou answer questions.<|im_end|>\n",
                        "<|im_start|>user\nHow do I block my card?<|im_end|>\n<|im_start|>assistant\n"));
        assertThat(prompt("qwen2", SYSTEM, QUESTION))
                .isEqualTo(String.join(
                        "",
                        "<|im_start|>system\n You work for a bank. <|im_end|>\n",
                        "<|im_start|>user\nHow do I block my card?<|im_end|>\n<|im_start|>assistant\n"));
    }

    @Test
    void llama3PutsTheDateAndTheSystemMessageFirst() {
        assertThat(prompt("llama3", SYSTEM, QUESTION, ANSWER, THANKS))
                .isEqualTo(String.join(
                        "",
                        "<s><|start_header_id|>system<|end_header_id|>\n\nToday Date: 05 Nov 2026\n\n",
                        "You work for a bank.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n",
                        "How do I block my card?<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
                        "In the app.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n",
                        "Danke für die \"Hilfe\"!<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"));
    }

    @Test
    void llama3WritesToolCallsAsPythonsJson() {
        Map<String, Object> call = Map.of(
                "role",
                "assistant",
                "content",
                "",
                "tool_calls",
                List.of(Map.of(
                        "function", Map.of("name", "block", "arguments", Map.of("card", List.of(1L, "zwölf"))))));

        assertThat(prompt("llama3", QUESTION, call))
                .contains("{\"name\": \"block\", \"parameters\": {\"card\": [1, \"zwölf\"]}}<|eot_id|>");
    }

    @Test
    void mistralPutsTheSystemMessageIntoTheLastQuestion() {
        assertThat(prompt("mistral", SYSTEM, QUESTION, ANSWER, THANKS))
                .isEqualTo(String.join(
                        "",
                        "<s>[INST] How do I block my card?[/INST] In the app.</s>",
                        "[INST]  You work for a bank. \n\nDanke für die \"Hilfe\"![/INST]"));
    }

    @Test
    void mistralRefusesRolesThatDoNotAlternate() {
        assertThatThrownBy(() -> prompt("mistral", QUESTION, THANKS))
                .isInstanceOf(InvalidArgument.class)
                .hasMessage("messages: turn 2 is the user's, not the assistant's");
    }

    @Test
    void gemmaCallsTheAssistantModelAndKnowsNoSystemRole() {
        assertThat(prompt("gemma", QUESTION, ANSWER, THANKS))
                .isEqualTo(String.join(
                        "",
                        "<s><start_of_turn>user\nHow do I block my card?<end_of_turn>\n",
                        "<start_of_turn>model\nIn the app.<end_of_turn>\n",
                        "<start_of_turn>user\nDanke für die \"Hilfe\"!<end_of_turn>\n<start_of_turn>model\n"));
        assertThatThrownBy(() -> prompt("gemma", SYSTEM, QUESTION)).hasMessage("messages: there is no system role");
    }

    @Test
    void phi3EndsEachTurn() {
        assertThat(prompt("phi3", SYSTEM, QUESTION))
                .isEqualTo(String.join(
                        "",
                        "<|system|>\n You work for a bank. <|end|>\n",
                        "<|user|>\nHow do I block my card?<|end|>\n<|assistant|>\n"));
    }

    @Test
    void zephyrsLineEndsComeFromTheTemplatesLines() {
        assertThat(prompt("zephyr", SYSTEM, QUESTION))
                .isEqualTo(
                        "<|system|>\n You work for a bank. </s>\n<|user|>\nHow do I block my card?</s>\n<|assistant|>\n");
    }

    @Test
    void qwen3LeavesOldThoughtsOut() {
        Map<String, String> thoughtful = message("assistant", "<think>\nhm\n</think>\n\nIn the app.");

        assertThat(prompt("qwen3", QUESTION, thoughtful, THANKS))
                .isEqualTo(String.join(
                        "",
                        "<|im_start|>user\nHow do I block my card?<|im_end|>\n",
                        "<|im_start|>assistant\nIn the app.<|im_end|>\n",
                        "<|im_start|>user\nDanke für die \"Hilfe\"!<|im_end|>\n<|im_start|>assistant\n"));
        assertThat(prompt("qwen3", SYSTEM, QUESTION, thoughtful))
                .isEqualTo(
                        String.join(
                                "",
                                "<|im_start|>system\n You work for a bank. <|im_end|>\n",
                                "<|im_start|>user\nHow do I block my card?<|im_end|>\n",
                                "<|im_start|>assistant\n<think>\nhm\n</think>\n\nIn the app.<|im_end|>\n<|im_start|>assistant\n"));
    }

    private static Map<String, String> message(String role, String content) {
        return Map.of("role", role, "content", content);
    }

    private static String prompt(String family, Object... messages) {
        Map<String, @Nullable Object> variables = new HashMap<>();
        variables.put("messages", Arrays.asList(messages));
        variables.put("add_generation_prompt", true);
        variables.put("bos_token", "<s>");
        variables.put("eos_token", "</s>");
        variables.put("tools", null);
        return JinjaTemplate.compile(source(family), CLOCK).render(variables);
    }

    private static String source(String family) {
        try (InputStream file = Objects.requireNonNull(
                ChatTemplatesTest.class.getResourceAsStream("/chat-templates/" + family + ".jinja"))) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
