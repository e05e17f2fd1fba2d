package dev.weft.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.bench.Report.Table;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReportTest {

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final Report report = new Report(new PrintStream(printed, true, StandardCharsets.UTF_8));

    @TempDir
    private Path folder;

    @Test
    void columnsAreAsWideAsTheirWidestCell() {
        report.add(
                new Table("layers", "target", "texts/s").row("direct", 12345.6).row("gateway gRPC", 8.0));

        assertThat(printed.toString(StandardCharsets.UTF_8).lines())
                .containsExactly(
                        "", "layers", "  target        texts/s", "  direct          12346", "  gateway gRPC     8.00");
    }

    @Test
    void jsonHasTheTablesFullNumbersAndNullForWhatIsNotKnown() throws IOException {
        report.put("seed", 1);
        report.add(new Table("layers", "target", "texts/s", "p50 ms").row("direct", 12345.6, Double.NaN));
        report.note("measured on %d cores", 2);
        Path file = folder.resolve("new/bench.json");

        report.write(file);

        JsonNode json = new ObjectMapper().readTree(file.toFile());
        assertThat(json.at("/seed").intValue()).isEqualTo(1);
        assertThat(json.at("/layers/0/target").textValue()).isEqualTo("direct");
        assertThat(json.at("/layers/0/texts~1s").doubleValue()).isEqualTo(12345.6);
        assertThat(json.at("/layers/0/p50 ms").isNull()).isTrue();
        assertThat(json.at("/notes/0").textValue()).isEqualTo("measured on 2 cores");
    }

    @ParameterizedTest
    @CsvSource({"0.123, 0.12", "9.999, 10.00", "12.34, 12.3", "123.4, 123", "NaN, n/a", "-0.5, -0.50"})
    void numbersAreAsPreciseAsTheyNeedToBe(double number, String text) {
        assertThat(Report.format(number)).isEqualTo(text);
    }

    @Test
    void rowOfAnotherWidthIsRefused() {
        Table table = new Table("layers", "target", "texts/s");

        assertThatThrownBy(() -> table.row("direct")).hasMessage("cells of layers: 1 (expected: 2)");
    }
}
