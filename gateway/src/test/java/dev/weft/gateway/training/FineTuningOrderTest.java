package dev.weft.gateway.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FineTuningOrderTest {

    private static FineTuningOrder read(String body) {
        return FineTuningOrder.read(body.getBytes(StandardCharsets.UTF_8));
    }

    private static FineTuningOrder with(String fields) {
        return read("{\"model\": \"m\", \"training_file\": \"f\", " + fields + "}");
    }

    @Test
    void everyFieldIsRead() {
        FineTuningOrder order =
                with("\"suffix\": \"intents\", \"seed\": 3, \"metadata\": {\"team\": \"cards\"}, \"integrations\": [],"
                        + " \"validation_file\": null, \"method\": {\"type\": \"supervised\", \"supervised\":"
                        + " {\"hyperparameters\": {\"n_epochs\": 2}}}");

        assertThat(order.model()).isEqualTo("m");
        assertThat(order.trainingFile()).isEqualTo("f");
        assertThat(order.suffix()).isEqualTo("intents");
        assertThat(order.seed()).isEqualTo(3);
        assertThat(order.metadata()).isEqualTo(Map.of("team", "cards"));
        assertThat(order.hyperparameters().path("n_epochs").asInt()).isEqualTo(2);
    }

    @Test
    void methodWithoutHyperparametersLeavesTheOlderField() {
        assertThat(with("\"hyperparameters\": {\"n_epochs\": 2}, \"method\": {\"type\": \"supervised\"}")
                        .hyperparameters()
                        .path("n_epochs")
                        .asInt())
                .isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"seed\": 1.5|seed: 1.5 (expected: a whole number",
                "\"seed\": 9007199254740992|seed: 9007199254740992 (expected",
                "\"suffix\": 1|suffix: 1 (expected: a string)",
                "\"suffix\": \"@\"|suffix: '@' (expected: 1 to 128",
                "\"metadata\": []|metadata: ARRAY (expected: an object)",
                "\"metadata\": {\"a\": 1}|metadata.a: NUMBER (expected: a string",
                "\"metadata\": {\"a\": \"\\u0000\"}|metadata.a: 1 characters (expected: a string",
                "\"metadata\": {\"\": \"\"}|metadata: a key of 0 characters",
                "\"method\": {\"supervised\": {}}|type: missing",
                "\"method\": {\"type\": \"supervised\", \"supervised\": 1}|method.supervised: NUMBER",
                "\"hyperparameters\": 3|hyperparameters: NUMBER (expected: an object)",
            })
    void fieldThatDoesNotFitIsNamed(String fields, String message) {
        assertThatThrownBy(() -> with(fields))
                .isInstanceOf(InvalidArgument.class)
                .hasMessageContaining(message);
    }

    @Test
    void hyperparametersStandInOnePlace() {
        assertThatThrownBy(() -> with("\"hyperparameters\": {\"a\": 1}, \"method\": {\"type\": \"supervised\","
                        + " \"supervised\": {\"hyperparameters\": {\"b\": 1}}}"))
                .hasMessageContaining("hyperparameters: beside those of method.supervised");
    }

    @Test
    void metadataAreBounded() {
        StringBuilder pairs = new StringBuilder("\"metadata\": {\"k0\": \"v\"");
        for (int i = 1; i < 17; i++) {
            pairs.append(", \"k").append(i).append("\": \"v\"");
        }

        assertThatThrownBy(() -> with(pairs + "}")).hasMessageContaining("metadata: 17 pairs (expected: at most 16)");
        assertThatThrownBy(() -> with("\"metadata\": {\"" + "k".repeat(65) + "\": \"\"}"))
                .hasMessageContaining("metadata: a key of 65 characters");
        assertThatThrownBy(() -> with("\"metadata\": {\"k\": \"" + "v".repeat(513) + "\"}"))
                .hasMessageContaining("metadata.k: 513 characters");
    }

    @Test
    void bodyThatIsNoOrderIsRefused() {
        assertThatThrownBy(() -> read("{")).hasMessageContaining("body: malformed JSON");
        assertThatThrownBy(() -> read("[]")).hasMessageContaining("body: ARRAY");
        assertThatThrownBy(() -> read("{}")).hasMessage("model: missing (expected: a string)");
        assertThatThrownBy(() -> read("{\"model\": \"m\"}")).hasMessage("training_file: missing (expected: a string)");
    }
}
