package dev.weft.inference.modelpackage;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.runtime.annotations.RegisterForReflection;
import org.jspecify.annotations.Nullable;

/**
 * What generation reads of a Hugging Face repository's JSON files.
 *
 * @see <a href="https://huggingface.co/docs/transformers/main_classes/text_generation">generation_config.json</a>
 * @see <a href="https://huggingface.co/docs/transformers/chat_templating">chat_template</a>
 */
final class GenerationFiles {

    private GenerationFiles() {}

    /** {@code config.json}. GPT-2 and its kin call the number of positions {@code n_positions}; an end token may be a list. */
    @RegisterForReflection
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Config(
            @Nullable @JsonProperty("max_position_embeddings")
            Integer maxPositions,

            @Nullable @JsonProperty("n_positions") Integer positions,
            @Nullable @JsonProperty("vocab_size") Integer vocabularySize,
            @Nullable @JsonProperty("eos_token_id") JsonNode endTokens) {}

    /** {@code generation_config.json}. */
    @RegisterForReflection
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Generation(
            @Nullable @JsonProperty("eos_token_id") JsonNode endTokens,
            @Nullable @JsonProperty("do_sample") Boolean sample,
            @Nullable Double temperature,
            @Nullable @JsonProperty("top_p") Double topP,
            @Nullable @JsonProperty("top_k") Integer topK,

            @Nullable @JsonProperty("repetition_penalty") Double repetitionPenalty,

            @Nullable @JsonProperty("max_new_tokens") Integer maxNewTokens) {

        static final Generation NONE = new Generation(null, null, null, null, null, null, null);
    }

    /** {@code tokenizer_config.json}: special tokens are texts, or objects with a {@code content}. */
    @RegisterForReflection
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Tokenizer(
            @Nullable @JsonProperty("model_max_length") Double maxLength,
            @Nullable @JsonProperty("chat_template") JsonNode chatTemplate,
            @Nullable @JsonProperty("bos_token") JsonNode beginToken,
            @Nullable @JsonProperty("eos_token") JsonNode endToken,
            @Nullable @JsonProperty("pad_token") JsonNode padToken,
            @Nullable @JsonProperty("unk_token") JsonNode unknownToken) {

        static final Tokenizer NONE = new Tokenizer(null, null, null, null, null, null);
    }
}
