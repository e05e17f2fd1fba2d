package dev.weft.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class MeshFactsTest {

    @Test
    void processorTimeIsFoundBehindANameWithParentheses() {
        String stat = "4711 (a ) name) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 30 0 123456 1 2";

        assertThat(MeshFacts.cpuSeconds(stat)).isEqualTo(3.0);
    }

    @Test
    void residentMemoryIsInMegabytes() {
        List<String> status = List.of("Name:\tjava", "VmHWM:\t  999999 kB", "VmRSS:\t  204800 kB");

        assertThat(MeshFacts.residentMegabytes(status)).isEqualTo(200.0);
    }

    @Test
    void metricIsSummedOverItsLabelsAndNotOverItsNamesakes() {
        List<String> lines = List.of(
                "# TYPE jvm_gc_pause_seconds summary",
                "jvm_gc_pause_seconds_count{action=\"a\",cause=\"x y\"} 2",
                "jvm_gc_pause_seconds_count{action=\"b\"} 3",
                "jvm_gc_pause_seconds_count_other 100",
                "jvm_gc_memory_allocated_bytes_total 1.5E8");

        assertThat(MeshFacts.sum(lines, "jvm_gc_pause_seconds_count")).isEqualTo(5);
        assertThat(MeshFacts.sum(lines, "jvm_gc_memory_allocated_bytes_total")).isEqualTo(1.5e8);
    }

    @Test
    void ownProcessHasFacts() throws java.io.IOException {
        long pid = ProcessHandle.current().pid();

        assertThat(MeshFacts.residentMegabytes(pid)).isPositive();
        assertThat(MeshFacts.ageSeconds(pid)).isBetween(0.0, 3600.0);
    }
}
