package dev.weft.training.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.training.runtime.RuntimeEvent.Failed;
import dev.weft.training.runtime.RuntimeEvent.Level;
import dev.weft.training.runtime.RuntimeEvent.Log;
import dev.weft.training.runtime.RuntimeEvent.Metric;
import dev.weft.training.runtime.RuntimeEvent.Progress;
import dev.weft.training.runtime.RuntimeEvent.Result;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RuntimeEventTest {

    private static Stream<RuntimeEvent> events() {
        return Stream.of(
                new Progress(12.5, "embedded 10 of 80 texts"),
                new Metric("loss", 0.25, 3),
                new Log(Level.WARNING, "two\nlines \"quoted\""),
                new Result("package", "report.json", Map.of("accuracy", 0.95, "log_loss", 0.2)),
                new Failed("train.csv: line 3"));
    }

    @ParameterizedTest
    @MethodSource("events")
    void lineIsReadBack(RuntimeEvent event) {
        assertThat(event.line()).doesNotContain("\n");
        assertThat(RuntimeEvent.parse(event.line())).isEqualTo(event);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Epoch 1/3",
                "{",
                "{}",
                "[1]",
                "{\"type\": \"progress\"}",
                "{\"type\": \"metric\", \"name\": \"x\"}",
                "{\"type\": \"result\"}",
                "{\"type\": \"other\"}",
                "{\"loss\": 1}"
            })
    void everythingElseIsLog(String line) {
        assertThat(RuntimeEvent.parse(line)).isEqualTo(new Log(Level.INFO, line));
    }

    @Test
    void progressStaysWithinItsBounds() {
        assertThat(RuntimeEvent.parse("{\"type\": \"progress\", \"percent\": 250}"))
                .isEqualTo(new Progress(100, ""));
    }

    @Test
    void codesTellWhetherRepeatingHelps() {
        assertThat(RuntimeExit.of(0)).isEqualTo(RuntimeExit.SUCCESS);
        assertThat(RuntimeExit.of(65).isWorthRepeating()).isFalse();
        assertThat(RuntimeExit.of(75).isWorthRepeating()).isTrue();
        assertThat(RuntimeExit.of(137)).isEqualTo(RuntimeExit.DEFECT);
    }
}
