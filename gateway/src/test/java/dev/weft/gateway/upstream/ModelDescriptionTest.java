package dev.weft.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.protocol.inference.ModelMetadataResponse;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelDescriptionTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`` | ``",
                "one | one",
                "card_lost,card_payment | card_lost;card_payment",
                "a,,b | a;;b",
                "[\"card, lost\", \"x\"] | card, lost;x",
                "[CLS],[SEP] | [CLS];[SEP]",
                "[1],[2] | [1];[2]",
                "[1] | [1]",
            })
    void labelsAreAJsonArrayOrPartedByCommas(String property, String labels) {
        ModelMetadataResponse metadata = ModelMetadataResponse.newBuilder()
                .putProperties("labels", property)
                .build();

        assertThat(String.join(";", ModelDescription.of("intents", metadata).labels()))
                .isEqualTo(labels);
    }

    @Test
    void modelWithoutATaskIsRefusedWhereOneIsExpected() {
        ModelDescription model = new ModelDescription("echo", "", List.of());

        assertThatThrownBy(() -> model.requireTask("reranking"))
                .isInstanceOf(InvalidArgument.class)
                .hasMessage("model: 'echo' is a model of the task unknown (expected: a model of the task reranking)");
    }

    @Test
    void modelOfOneOfTheTasksIsTaken() {
        ModelDescription model = new ModelDescription("ner", "token-classification", List.of("O"));

        assertThatCode(() -> model.requireTask("text-classification", "token-classification"))
                .doesNotThrowAnyException();
    }
}
