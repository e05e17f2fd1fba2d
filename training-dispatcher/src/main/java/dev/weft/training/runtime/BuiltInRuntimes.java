package dev.weft.training.runtime;

import dev.weft.training.runtime.textclassifier.TextClassifierCommand;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** The runtimes that are part of this program. */
@Singleton
final class BuiltInRuntimes {

    @Produces
    @Singleton
    TrainingRuntime.BuiltIn textClassifier() {
        return TextClassifierCommand.runtime();
    }
}
