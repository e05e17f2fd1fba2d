package dev.weft.gateway.classify;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.weft.gateway.http.JsonFields;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * What is asked, checked.
 *
 * @param topK how many labels are wanted at most for each text; null for all. A model of tokens finds entities, and does not heed it
 */
record ClassifyRequest(
        String model,

        @Schema(description = "A text, or texts", implementation = Object.class)
        List<String> input,

        @Nullable
        @JsonProperty("top_k")
        @Schema(description = "Only so many labels for each text, the best ones; all when absent", minimum = "1")
        Integer topK,

        @Schema(description = "Whether texts over the model's token limit are cut rather than refused")
        boolean truncate) {

    /** Reads a body's fields, or refuses them. */
    static ClassifyRequest of(JsonFields fields, int maxInputs) {
        return new ClassifyRequest(
                fields.model(),
                fields.oneOrMoreTexts("input", maxInputs),
                fields.count("top_k"),
                fields.flag("truncate"));
    }
}
