package dev.weft.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.bench.SoakClient.Kind;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SoakScenarioTest {

    @ParameterizedTest
    @CsvSource({"0, 1.0, 1.05, 0", "1, 1.0, 1.0, 1", "0, 1.06, 1.0, 1", "0, 1.0, 1.06, 1", "0, NaN, 1.0, 1"})
    void passesOnlyWithoutFailureAndWithoutGrowth(long failures, double gateway, double inference, int status) {
        assertThat(SoakScenario.status(failures, gateway, inference)).isEqualTo(status);
    }

    @Test
    void everyKindIsSentAndTheyMakeUpAHundred() {
        assertThat(IntStream.range(0, 100).mapToObj(Kind::of).distinct()).containsExactly(Kind.values());
        assertThatThrownBy(() -> Kind.of(100)).hasMessageContaining("expected: 0 to 99");
    }
}
