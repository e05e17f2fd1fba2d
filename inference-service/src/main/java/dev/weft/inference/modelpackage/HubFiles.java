package dev.weft.inference.modelpackage;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The JSON files of a Hugging Face repository, as far as serving needs them.
 *
 * @see <a href="https://huggingface.co/docs/transformers/main_classes/configuration">config.json</a>
 * @see <a href="https://sbert.net/docs/package_reference/sentence_transformer/models.html">modules.json, 1_Pooling/config.json</a>
 */
final class HubFiles {

    private HubFiles() {}

    /** {@code config.json}. */
    @RegisterForReflection
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Config(
            @Nullable List<String> architectures,
            @Nullable @JsonProperty("id2label") Map<String, String> labels,
            @Nullable @JsonProperty("problem_type") String problemType,

            @Nullable @JsonProperty("max_position_embeddings")
            Integer maxPositions,

            @Nullable @JsonProperty("model_type") String modelType,
            @Nullable @JsonProperty("pad_token_id") Integer padTokenId,
            @Nullable @JsonProperty("vocab_size") Integer vocabularySize) {}

    /** {@code tokenizer_config.json}. Exporters write 1e30 for "no limit", hence the double. */
    @RegisterForReflection
    @JsonIgnoreProperties(ignoreUnknown = true)
    record TokenizerConfig(
            @Nullable @JsonProperty("model_max_length") Double maxLength) {}

    /** {@code sentence_bert_config.json}. */
    @RegisterForReflection
    @JsonIgnoreProperties(ignoreUnknown = true)
    record SentenceTransformerConfig(
            @Nullable @JsonProperty("max_seq_length") Integer maxLength) {}

    /** One entry of {@code modules.json}. */
    @RegisterForReflection
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Module(@Nullable String path, @Nullable String type) {}

    /** {@code 1_Pooling/config.json}. */
    @RegisterForReflection
    @JsonIgnoreProperties(ignoreUnknown = true)
    record PoolingConfig(
            @JsonProperty("pooling_mode_cls_token") boolean cls,
            @JsonProperty("pooling_mode_mean_tokens") boolean mean,
            @JsonProperty("pooling_mode_lasttoken") boolean lastToken,
            @JsonProperty("pooling_mode_max_tokens") boolean max,

            @JsonProperty("pooling_mode_mean_sqrt_len_tokens")
            boolean meanSqrt,

            @JsonProperty("pooling_mode_weightedmean_tokens")
            boolean weightedMean) {}

    /** Weft's own {@code weft.json}: overrides what detection finds; an unknown key is refused, since it is a misspelt one. */
    @RegisterForReflection
    @JsonIgnoreProperties(ignoreUnknown = false)
    record Overrides(
            @Nullable String task,
            @Nullable String variant,
            @Nullable Map<String, String> variants,
            Task.@Nullable Pooling pooling,
            @Nullable Boolean normalize,
            @Nullable @JsonProperty("max_tokens") Integer maxTokens,
            @Nullable List<String> labels,
            Task.@Nullable Activation activation,
            @Nullable Integer sessions,
            @Nullable Integer threads,
            @Nullable @JsonProperty("max_batch_size") Integer maxBatchSize,
            @Nullable @JsonProperty("max_batch_tokens") Integer maxBatchTokens,
            @Nullable @JsonProperty("cache_bytes") Long cacheBytes,
            @Nullable @JsonProperty("chat_template") String chatTemplate,
            @Nullable @JsonProperty("eos_token_ids") List<Integer> endTokens,
            @Nullable String provider,
            @Nullable String model,
            @Nullable Integer dimensions) {

        static final Overrides NONE = new Overrides(
                null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
                null);
    }
}
