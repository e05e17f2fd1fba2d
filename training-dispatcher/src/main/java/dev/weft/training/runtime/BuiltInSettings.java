package dev.weft.training.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.kit.time.Deadline;
import dev.weft.training.runtime.textclassifier.Encoders;
import dev.weft.training.runtime.textclassifier.TextClassifierCommand;
import jakarta.inject.Singleton;

/** Of the built-in runtimes; those that administrators define are told nothing. */
@Singleton
final class BuiltInSettings implements RuntimeSettings {

    private final Encoders encoders;

    BuiltInSettings(Encoders encoders) {
        this.encoders = encoders;
    }

    @Override
    public Told of(TrainingRuntime runtime, JsonNode parameters, Deadline deadline) {
        boolean textClassifier = runtime instanceof TrainingRuntime.BuiltIn builtIn
                && builtIn.mode().equals(TextClassifierCommand.MODE);
        if (!textClassifier) {
            return Told.NOTHING;
        }
        // What was just used is the last to leave the cache, long after the run has read it.
        try (Encoders.Encoder encoder = encoders.open(parameters.path("model").asText(), deadline)) {
            return encoders.settings(encoder, deadline);
        }
    }
}
