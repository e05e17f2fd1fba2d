package dev.weft.inference.modelpackage;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.inference.modelpackage.Task.SamplingDefaults;
import dev.weft.inference.modelpackage.Task.TextGeneration;
import dev.weft.kit.error.Failure.FailedPrecondition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads what a decoder needs from its package: limits, end tokens, sampling defaults, chat template. */
final class TextGenerationDetection {

    /** GPT-2's own length; used when no file of the package names one. */
    private static final int DEFAULT_CONTEXT = 1024;

    private final Path folder;
    private final HubFiles.Overrides overrides;

    TextGenerationDetection(Path folder, HubFiles.Overrides overrides) {
        this.folder = folder;
        this.overrides = overrides;
    }

    /** True for the names by which transformers calls decoders with a head over the vocabulary. */
    static boolean isDecoder(String architecture) {
        return architecture.endsWith("ForCausalLM") || architecture.endsWith("LMHeadModel");
    }

    TextGeneration detect() {
        GenerationFiles.@Nullable Config config = read("config.json", new TypeReference<>() {});
        GenerationFiles.Generation generation = requireNonNullElse(
                read("generation_config.json", new TypeReference<>() {}), GenerationFiles.Generation.NONE);
        GenerationFiles.Tokenizer tokenizer = requireNonNullElse(
                read("tokenizer_config.json", new TypeReference<>() {}), GenerationFiles.Tokenizer.NONE);
        Integer vocabulary = config == null ? null : config.vocabularySize();
        return new TextGeneration(
                contextLength(config, tokenizer),
                vocabulary == null ? OptionalInt.empty() : OptionalInt.of(vocabulary),
                endTokens(config, generation),
                defaults(generation),
                chatTemplate(tokenizer),
                specialTokens(tokenizer));
    }

    private <T> @Nullable T read(String file, TypeReference<T> type) {
        return ModelPackageReader.readJson(folder.resolve(file), type);
    }

    private int contextLength(GenerationFiles.@Nullable Config config, GenerationFiles.Tokenizer tokenizer) {
        int limit = Integer.MAX_VALUE;
        if (config != null) {
            limit = requireNonNullElse(config.maxPositions(), requireNonNullElse(config.positions(), limit));
        }
        if (tokenizer.maxLength() != null) {
            limit = (int) Math.min(limit, tokenizer.maxLength()); // 1e30 for "no limit"
        }
        if (limit == Integer.MAX_VALUE) {
            limit = DEFAULT_CONTEXT;
        }
        int context = requireNonNullElse(overrides.maxTokens(), limit);
        if (context < 2) {
            throw new FailedPrecondition(
                    "max_tokens: " + context + " (expected: >= 2, one for the prompt and one for the answer)");
        }
        return context;
    }

    /** generation_config.json has the last word, as in transformers: chat models end turns by more tokens than config.json tells. */
    private Set<Integer> endTokens(GenerationFiles.@Nullable Config config, GenerationFiles.Generation generation) {
        if (overrides.endTokens() != null) {
            return Set.copyOf(overrides.endTokens());
        }
        Set<Integer> tokens = tokens(generation.endTokens(), "generation_config.json");
        return tokens.isEmpty() && config != null ? tokens(config.endTokens(), "config.json") : tokens;
    }

    private static Set<Integer> tokens(@Nullable JsonNode node, String file) {
        if (node == null || node.isNull()) {
            return Set.of();
        }
        Set<Integer> tokens = new LinkedHashSet<>();
        for (JsonNode token : node.isArray() ? node : java.util.List.of(node)) {
            if (!token.isIntegralNumber() || !token.canConvertToInt() || token.intValue() < 0) {
                throw new FailedPrecondition(
                        file + ": eos_token_id: " + node + " (expected: a token id or a list of them)");
            }
            tokens.add(token.intValue());
        }
        return Set.copyOf(tokens);
    }

    private static SamplingDefaults defaults(GenerationFiles.Generation generation) {
        boolean greedy = Boolean.FALSE.equals(generation.sample());
        double temperature = greedy ? 0 : requireNonNullElse(generation.temperature(), 1.0);
        double topP = requireNonNullElse(generation.topP(), 1.0);
        int topK = requireNonNullElse(generation.topK(), 0);
        double penalty = requireNonNullElse(generation.repetitionPenalty(), 1.0);
        // Written so that NaN fails too.
        if (!(temperature >= 0) || !(topP > 0 && topP <= 1) || topK < 0 || !(penalty > 0)) {
            throw new FailedPrecondition("generation_config.json: temperature " + temperature + ", top_p " + topP
                    + ", top_k " + topK + ", repetition_penalty " + penalty
                    + " (expected: temperature >= 0, top_p in (0, 1], top_k >= 0, repetition_penalty > 0)");
        }
        Integer newTokens = generation.maxNewTokens();
        return new SamplingDefaults(
                temperature,
                topP,
                topK,
                penalty,
                newTokens == null || newTokens < 1 ? OptionalInt.empty() : OptionalInt.of(newTokens));
    }

    private Optional<String> chatTemplate(GenerationFiles.Tokenizer tokenizer) {
        if (overrides.chatTemplate() != null) {
            return Optional.of(overrides.chatTemplate());
        }
        // transformers writes templates into a file of their own since 4.43, and prefers it.
        Path file = folder.resolve("chat_template.jinja");
        if (Files.isRegularFile(file)) {
            try {
                return Optional.of(Files.readString(file));
            } catch (IOException e) {
                throw new FailedPrecondition("chat_template.jinja: cannot be read: " + e.getMessage());
            }
        }
        JsonNode template = tokenizer.chatTemplate();
        if (template == null || template.isNull()) {
            return Optional.empty();
        }
        if (template.isTextual()) {
            return Optional.of(template.textValue());
        }
        for (JsonNode named : template) {
            if (named.path("name").asText().equals("default")
                    && named.path("template").isTextual()) {
                return Optional.of(named.get("template").textValue());
            }
        }
        throw new FailedPrecondition("tokenizer_config.json: chat_template: " + template.getNodeType()
                + " without a template of the name 'default' (expected: a text, or a list of {name, template})");
    }

    private static Map<String, String> specialTokens(GenerationFiles.Tokenizer tokenizer) {
        Map<String, String> tokens = new LinkedHashMap<>();
        put(tokens, "bos_token", tokenizer.beginToken());
        put(tokens, "eos_token", tokenizer.endToken());
        put(tokens, "pad_token", tokenizer.padToken());
        put(tokens, "unk_token", tokenizer.unknownToken());
        return Map.copyOf(tokens);
    }

    private static void put(Map<String, String> tokens, String name, @Nullable JsonNode token) {
        if (token == null || token.isNull()) {
            return;
        }
        JsonNode content = token.isObject() ? token.path("content") : token;
        if (!content.isTextual()) {
            throw new FailedPrecondition("tokenizer_config.json: " + name + ": " + token
                    + " (expected: a text, or an object with a content)");
        }
        tokens.put(name, content.textValue());
    }
}
