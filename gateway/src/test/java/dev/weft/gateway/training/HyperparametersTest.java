package dev.weft.gateway.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Value;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.protocol.training.v1.Runtime;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HyperparametersTest {

    private static final Runtime CLASSIFIER = ScriptedTraining.runtime("text-classifier");

    private static FineTuningOrder order(String fields) {
        return FineTuningOrder.read(
                ("{\"model\": \"m\", \"training_file\": \"f\"" + fields + "}").getBytes(StandardCharsets.UTF_8));
    }

    private static String parameters(String fields, Runtime runtime) {
        return Hyperparameters.parameters(order(fields), runtime).toString();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "``|{\"model\":\"m\"}",
                ", \"hyperparameters\": {}, \"seed\": 9|{\"model\":\"m\",\"seed\":9}",
                ", \"hyperparameters\": {\"n_epochs\": 4, \"batch_size\": 8}|{\"model\":\"m\",\"epochs\":4,\"batch_size\":8}",
                ", \"hyperparameters\": {\"learning_rate_multiplier\": 0.5}|{\"model\":\"m\",\"learning_rate\":0.015}",
                ", \"hyperparameters\": {\"n_epochs\": \"auto\", \"batch_size\": null, \"l2\": 1}|{\"model\":\"m\",\"l2\":1}",
            })
    void eachGoesToTheParameterOfItsMeaning(String fields, String parameters) {
        assertThat(parameters(fields, CLASSIFIER)).isEqualTo(parameters);
    }

    @Test
    void runtimeThatHasOpenAisNamesGetsThem() {
        Runtime other = Runtime.newBuilder()
                .setName("other")
                .addParameters(ScriptedTraining.parameter("model", Value.newBuilder()))
                .addParameters(ScriptedTraining.parameter("n_epochs", Value.newBuilder()))
                .addParameters(ScriptedTraining.parameter("learning_rate_multiplier", Value.newBuilder()))
                .build();

        assertThat(parameters(", \"hyperparameters\": {\"n_epochs\": 4, \"learning_rate_multiplier\": 2}", other))
                .isEqualTo("{\"model\":\"m\",\"n_epochs\":4,\"learning_rate_multiplier\":2}");
        assertThatThrownBy(() -> parameters(", \"hyperparameters\": {\"batch_size\": 2}", other))
                .isInstanceOf(InvalidArgument.class)
                .hasMessage("hyperparameters.batch_size: unknown to the runtime other"
                        + " (expected: one of [learning_rate_multiplier, n_epochs])");
        assertThatThrownBy(() -> parameters(", \"seed\": 2", other)).hasMessageContaining("seed: 2 (expected: none");
    }

    @Test
    void runtimeThatTunesNoModelIsRefused() {
        assertThatThrownBy(() ->
                        parameters("", Runtime.newBuilder().setName("plain").build()))
                .isInstanceOf(InvalidArgument.class)
                .hasMessageContaining("model: the runtime plain has no parameter of that name");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"n_epochs\": \"many\"}|hyperparameters.n_epochs: \"many\" (expected: a number, or \"auto\")",
                "{\"n_epochs\": 1, \"epochs\": 2}|hyperparameters.epochs: epochs is chosen already",
                "{\"model\": \"m\"}|hyperparameters.model: not there",
                "{\"seed\": 1}|hyperparameters.seed: not there",
            })
    void whatDoesNotFitIsNamed(String hyperparameters, String message) {
        assertThatThrownBy(() -> parameters(", \"hyperparameters\": " + hyperparameters, CLASSIFIER))
                .isInstanceOf(InvalidArgument.class)
                .hasMessageContaining(message);
    }
}
