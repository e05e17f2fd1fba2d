package dev.weft.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StartupScenarioTest {

    @ParameterizedTest
    @CsvSource({"3, 2", "4, 2.5", "1, 1"})
    void medianIsTheMiddle(int count, double median) {
        double[] numbers =
                IntStream.rangeClosed(1, count).mapToDouble(i -> count + 1 - i).toArray();

        assertThat(StartupScenario.median(numbers)).isEqualTo(median);
    }
}
