package dev.weft.inference.modelpackage;

import dev.weft.inference.modelpackage.Task.Provided;
import dev.weft.inference.modelpackage.Task.Skill;
import dev.weft.kit.error.Failure.FailedPrecondition;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Reads the {@code weft.json} of a model that a provider runs, which is all of its package. Stateless. */
final class ProvidedDetection {

    private ProvidedDetection() {}

    /** @throws FailedPrecondition when it says too little, or what only a graph can have; names the key */
    static Provided detect(Path folder, HubFiles.Overrides overrides) {
        OptionalInt dimensions =
                overrides.dimensions() == null ? OptionalInt.empty() : OptionalInt.of(overrides.dimensions());
        Skill skill = skill(overrides.task());
        if (dimensions.isPresent() && (skill != Skill.SENTENCE_EMBEDDING || dimensions.getAsInt() < 1)) {
            throw refused("dimensions", dimensions.getAsInt(), "1 or more, of a model of task sentence-embedding");
        }
        refuseWhatGraphsHave(overrides);
        if (ModelPackageReader.hasGraphs(folder)) {
            throw new FailedPrecondition("weft.json: provider, and the package has a graph (expected: one of the two)");
        }
        return new Provided(
                skill, required("provider", overrides.provider()), required("model", overrides.model()), dimensions);
    }

    private static Skill skill(@Nullable String task) {
        return Arrays.stream(Skill.values())
                .filter(skill -> skill.wireName().equals(task))
                .findFirst()
                .orElseThrow(() -> refused(
                        "task",
                        task == null ? "missing" : "'" + task + "'",
                        "one of " + names() + " for a provider's model"));
    }

    private static List<String> names() {
        return Arrays.stream(Skill.values()).map(Skill::wireName).toList();
    }

    private static String required(String key, @Nullable String value) {
        if (value == null || value.isBlank()) {
            throw refused(key, "missing", "both provider and model");
        }
        return value;
    }

    private static void refuseWhatGraphsHave(HubFiles.Overrides overrides) {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        values.put("variant", overrides.variant());
        values.put("variants", overrides.variants());
        values.put("pooling", overrides.pooling());
        values.put("normalize", overrides.normalize());
        values.put("max_tokens", overrides.maxTokens());
        values.put("labels", overrides.labels());
        values.put("activation", overrides.activation());
        values.put("sessions", overrides.sessions());
        values.put("threads", overrides.threads());
        values.put("max_batch_tokens", overrides.maxBatchTokens());
        values.put("cache_bytes", overrides.cacheBytes());
        values.put("chat_template", overrides.chatTemplate());
        values.put("eos_token_ids", overrides.endTokens());
        values.forEach((key, value) -> {
            if (value != null) {
                throw refused(key, value, "no such key where a provider runs the model");
            }
        });
    }

    private static FailedPrecondition refused(String key, Object value, String expected) {
        return new FailedPrecondition("weft.json: " + key + ": " + value + " (expected: " + expected + ")");
    }
}
