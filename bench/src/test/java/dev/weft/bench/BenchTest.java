package dev.weft.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BenchTest {

    @Test
    void withoutAScenarioItIsLayers() {
        assertThat(Bench.withScenario()).containsExactly("layers");
        assertThat(Bench.withScenario("--native", "--seconds", "1"))
                .containsExactly("layers", "--native", "--seconds", "1");
    }

    @Test
    void namedScenarioAndHelpStayAsTheyAre() {
        assertThat(Bench.withScenario("soak", "--native")).containsExactly("soak", "--native");
        assertThat(Bench.withScenario("--help")).containsExactly("--help");
    }
}
