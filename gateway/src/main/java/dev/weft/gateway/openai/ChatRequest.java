package dev.weft.gateway.openai;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.gateway.openai.GenerationModels.Choice;
import dev.weft.gateway.openai.GenerationModels.Prompt;
import dev.weft.kit.error.Failure.InvalidArgument;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * OpenAI's chat completion request; unknown fields are ignored, as its clients expect. {@code top_k} and {@code repetition_penalty} are
 * what other servers added.
 *
 * @see <a href="https://platform.openai.com/docs/api-reference/chat/create">Create chat completion</a>
 */
@RegisterForReflection
@JsonIgnoreProperties(ignoreUnknown = true)
record ChatRequest(
        @Nullable String model,

        @Nullable @Schema(description = "The conversation", implementation = Object.class)
        JsonNode messages,

        @Nullable Boolean stream,
        @Nullable @JsonProperty("stream_options") StreamOptions streamOptions,
        @Nullable Integer n,
        @Nullable @JsonProperty("max_completion_tokens") Long maxCompletionTokens,
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

        @Nullable
        @Schema(
                description = "What the model may want called; of models that a provider runs",
                implementation = Object.class)
        JsonNode tools,

        @Nullable
        @Schema(description = "Which of the tools it must or may call", implementation = Object.class)
        @JsonProperty("tool_choice")
        JsonNode toolChoice,

        @Nullable @JsonProperty("parallel_tool_calls") Boolean parallelToolCalls,

        @Nullable @Schema(hidden = true) JsonNode functions,

        @Nullable @Schema(hidden = true) @JsonProperty("function_call")
        JsonNode functionCall,

        @Nullable
        @Schema(
                description = "JSON, or JSON of a schema; of models that a provider runs",
                implementation = Object.class)
        @JsonProperty("response_format")
        JsonNode responseFormat,

        @Nullable @Schema(hidden = true) JsonNode logprobs,

        @Nullable @Schema(hidden = true) @JsonProperty("top_logprobs")
        JsonNode topLogprobs,

        @Nullable @Schema(hidden = true) @JsonProperty("logit_bias")
        JsonNode logitBias,

        @Nullable @Schema(hidden = true) JsonNode modalities,
        @Nullable @Schema(hidden = true) JsonNode audio) {

    /** How a stream is written. */
    @RegisterForReflection
    @JsonIgnoreProperties(ignoreUnknown = true)
    record StreamOptions(
            @Nullable @JsonProperty("include_usage") Boolean includeUsage) {}

    List<Choice> checkedChoices() {
        refuseUnsupported();
        if (messages == null || !messages.isArray() || messages.isEmpty()) {
            throw new InvalidArgument("messages: "
                    + (messages == null || messages.isNull()
                            ? "missing"
                            : messages.isArray() ? "an empty array" : "a " + messages.getNodeType())
                    + " (expected: an array of messages)");
        }
        Map<String, @Nullable Object> numbers = new HashMap<>();
        numbers.put("max_tokens", maxCompletionTokens != null ? maxCompletionTokens : maxTokens);
        numbers.put("temperature", temperature);
        numbers.put("top_p", topP);
        numbers.put("top_k", topK);
        numbers.put("frequency_penalty", frequencyPenalty);
        numbers.put("presence_penalty", presencePenalty);
        numbers.put("repetition_penalty", repetitionPenalty);
        SamplingFields sampling = new SamplingFields(n, stop, seed, numbers);
        Prompt prompt = new Prompt.Conversation(messages.toString());
        return IntStream.range(0, sampling.count())
                .mapToObj(choice -> new Choice(prompt, parameters(sampling, choice)))
                .toList();
    }

    /** What only models of providers can do goes to them as JSON; a model that is here refuses it. */
    private Map<String, Object> parameters(SamplingFields sampling, int choice) {
        Map<String, Object> parameters = sampling.parameters(choice);
        if (tools != null && !Unsupported.isNeutral(tools)) {
            if (!tools.isArray()) {
                throw new InvalidArgument("tools: a " + tools.getNodeType() + " (expected: an array)");
            }
            parameters.put(GenerationModels.TOOLS, tools.toString());
            if (parallelToolCalls != null) {
                parameters.put("parallel_tool_calls", parallelToolCalls.toString());
            }
        }
        if (toolChoice != null
                && (parameters.containsKey(GenerationModels.TOOLS)
                        || !Unsupported.isNeutral(toolChoice, "none", "auto"))) {
            parameters.put("tool_choice", toolChoice.toString());
        }
        if (responseFormat != null
                && !Unsupported.isNeutral(responseFormat)
                && !responseFormat.path("type").asText().equals("text")) {
            parameters.put("response_format", responseFormat.toString());
        }
        return parameters;
    }

    private void refuseUnsupported() {
        Unsupported.refuse("functions", functions);
        Unsupported.refuse("function_call", functionCall, "none", "auto");
        Unsupported.refuse("logprobs", logprobs);
        Unsupported.refuse("top_logprobs", topLogprobs);
        Unsupported.refuse("logit_bias", logitBias);
        Unsupported.refuse("audio", audio);
        if (modalities == null || !modalities.toString().equals("[\"text\"]")) {
            Unsupported.refuse("modalities", modalities);
        }
    }
}
