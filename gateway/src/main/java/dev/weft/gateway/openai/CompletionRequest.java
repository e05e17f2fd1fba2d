package dev.weft.gateway.openai;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.gateway.openai.ChatRequest.StreamOptions;
import dev.weft.gateway.openai.GenerationModels.Choice;
import dev.weft.gateway.openai.GenerationModels.Prompt;
import dev.weft.kit.error.Failure.InvalidArgument;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * OpenAI's completion request; unknown fields are ignored, as its clients expect.
 *
 * @see <a href="https://platform.openai.com/docs/api-reference/completions/create">Create completion</a>
 */
@RegisterForReflection
@JsonIgnoreProperties(ignoreUnknown = true)
record CompletionRequest(
        @Nullable String model,

        @Nullable @Schema(description = "A text, texts, token ids or lists of them", implementation = Object.class)
        JsonNode prompt,

        @Nullable Boolean stream,
        @Nullable @JsonProperty("stream_options") StreamOptions streamOptions,
        @Nullable Integer n,
        @Nullable @JsonProperty("max_tokens") Long maxTokens,

        @Nullable @Schema(description = "A string or strings", implementation = Object.class)
        JsonNode stop,

        @Nullable Long seed,
        @Nullable Double temperature,
        @Nullable @JsonProperty("top_p") Double topP,
        @Nullable @JsonProperty("top_k") Long topK,
        @Nullable @JsonProperty("frequency_penalty") Double frequencyPenalty,
        @Nullable @JsonProperty("presence_penalty") Double presencePenalty,
        @Nullable @JsonProperty("repetition_penalty") Double repetitionPenalty,
        @Nullable @Schema(hidden = true) JsonNode echo,
        @Nullable @Schema(hidden = true) JsonNode suffix,
        @Nullable @Schema(hidden = true) JsonNode logprobs,

        @Nullable @Schema(hidden = true) @JsonProperty("logit_bias")
        JsonNode logitBias,

        @Nullable @Schema(hidden = true) @JsonProperty("best_of")
        Integer bestOf) {

    /** OpenAI's own default. */
    private static final long DEFAULT_MAX_TOKENS = 16;

    /** Answers of one request: they are all computed at a time. */
    private static final int MAX_ANSWERS = 32;

    /** The answers, those of the first prompt first. */
    List<Choice> checkedChoices() {
        Unsupported.refuse("echo", echo);
        Unsupported.refuse("suffix", suffix);
        Unsupported.refuse("logprobs", logprobs);
        Unsupported.refuse("logit_bias", logitBias);
        Map<String, @Nullable Object> numbers = new HashMap<>();
        numbers.put("max_tokens", maxTokens == null ? DEFAULT_MAX_TOKENS : maxTokens);
        numbers.put("temperature", temperature);
        numbers.put("top_p", topP);
        numbers.put("top_k", topK);
        numbers.put("frequency_penalty", frequencyPenalty);
        numbers.put("presence_penalty", presencePenalty);
        numbers.put("repetition_penalty", repetitionPenalty);
        SamplingFields sampling = new SamplingFields(n, stop, seed, numbers);
        if (bestOf != null && bestOf != sampling.count()) {
            throw new InvalidArgument("best_of: " + bestOf + " (expected: absent, or n: no answer is left out)");
        }
        List<Prompt> prompts = prompts();
        if (prompts.size() * sampling.count() > MAX_ANSWERS) {
            throw new InvalidArgument("prompt: " + prompts.size() + " prompts of " + sampling.count()
                    + " answers (expected: at most " + MAX_ANSWERS + " answers)");
        }
        List<Choice> choices = new ArrayList<>();
        for (Prompt one : prompts) {
            for (int choice = 0; choice < sampling.count(); choice++) {
                choices.add(new Choice(one, sampling.parameters(choices.size())));
            }
        }
        return choices;
    }

    private List<Prompt> prompts() {
        String expected = " (expected: a string, strings, token ids or lists of token ids)";
        if (prompt == null || prompt.isNull()) {
            throw new InvalidArgument("prompt: missing" + expected);
        }
        if (prompt.isTextual()) {
            return List.of(new Prompt.Text(prompt.textValue()));
        }
        if (!prompt.isArray() || prompt.isEmpty()) {
            throw new InvalidArgument(
                    "prompt: " + (prompt.isArray() ? "an empty array" : "a " + prompt.getNodeType()) + expected);
        }
        if (prompt.get(0).isNumber()) {
            return List.of(tokens(prompt, "prompt"));
        }
        List<Prompt> prompts = new ArrayList<>();
        for (JsonNode entry : prompt) {
            String field = "prompt[" + prompts.size() + "]";
            if (prompts.size() == MAX_ANSWERS) {
                throw new InvalidArgument(
                        "prompt: " + prompt.size() + " prompts (expected: at most " + MAX_ANSWERS + ")");
            }
            if (entry.isArray()) {
                prompts.add(tokens(entry, field));
            } else if (entry.isTextual()) {
                prompts.add(new Prompt.Text(entry.textValue()));
            } else {
                throw new InvalidArgument(field + ": a " + entry.getNodeType() + expected);
            }
        }
        return prompts;
    }

    private static Prompt tokens(JsonNode row, String field) {
        List<Integer> ids = new ArrayList<>(row.size());
        for (JsonNode token : row) {
            if (!token.canConvertToInt() || !token.isIntegralNumber() || token.intValue() < 0) {
                throw new InvalidArgument(field + "[" + ids.size() + "]: " + token + " (expected: a token id >= 0)");
            }
            ids.add(token.intValue());
        }
        if (ids.isEmpty()) {
            throw new InvalidArgument(field + ": no tokens (expected: at least one)");
        }
        return new Prompt.Tokens(ids);
    }
}
