package dev.weft.training.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.training.runtime.ParameterType.Choice;
import dev.weft.training.runtime.ParameterType.Flag;
import dev.weft.training.runtime.ParameterType.Real;
import dev.weft.training.runtime.ParameterType.Text;
import dev.weft.training.runtime.ParameterType.Whole;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ParametersTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    private static final Parameters PARAMETERS = new Parameters(List.of(
            parameter("epochs", new Whole(1, 10), "3"),
            parameter("rate", new Real(0, 1), "0.5"),
            parameter("fast", new Flag(), "true"),
            parameter("size", new Choice(List.of("small", "large")), "\"small\""),
            new Parameter("base", "what to start from", new Text(5), Optional.empty())));

    private static Parameter parameter(String name, ParameterType type, String fallback) {
        return new Parameter(name, "", type, Optional.of(json(fallback)));
    }

    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void whatIsNotSaidHasItsDefault() {
        assertThat(PARAMETERS.complete(json("{\"base\": \"bert\", \"epochs\": 10, \"fast\": null}")))
                .isEqualTo(json(
                        "{\"epochs\": 10, \"rate\": 0.5, \"fast\": true, \"size\": \"small\", \"base\": \"bert\"}"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}|parameter base: missing (expected: a text of at most 5 characters)",
                "{\"base\": \"longer\"}|parameter base: \"longer\"",
                "{\"base\": \"b\", \"epochs\": 11}|parameter epochs: 11 (expected: a whole number from 1 to 10)",
                "{\"base\": \"b\", \"epochs\": 2.5}|parameter epochs: 2.5",
                "{\"base\": \"b\", \"epochs\": \"2\"}|parameter epochs: \"2\"",
                "{\"base\": \"b\", \"rate\": -0.1}|parameter rate: -0.1 (expected: a number from 0.0 to 1.0)",
                "{\"base\": \"b\", \"fast\": 1}|parameter fast: 1 (expected: true or false)",
                "{\"base\": \"b\", \"size\": \"huge\"}|parameter size: \"huge\" (expected: one of [small, large])",
                "{\"base\": \"b\", \"epoch\": 1}|parameter epoch: unknown (expected: one of [base, epochs, fast",
                "[]|parameters: ARRAY (expected: an object)"
            })
    void valuesOutsideOfTheDefinitionAreRefused(String chosen, String message) {
        assertThatThrownBy(() -> PARAMETERS.complete(json(chosen)))
                .isInstanceOf(InvalidArgument.class)
                .hasMessageContaining(message);
    }

    @Test
    void definitionsAreChecked() {
        assertThatThrownBy(() -> parameter("epochs", new Whole(1, 10), "0"))
                .isInstanceOf(InvalidArgument.class)
                .hasMessageContaining("default 0");
    }
}
