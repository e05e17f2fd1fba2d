package dev.weft.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServerTimingTest {

    private final ServerTiming timing = new ServerTiming();

    @Test
    void nothingIsToldOfNothing() {
        assertThat(timing.header()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 0.001", "100, 0.1", "1300, 1.3", "60000, 60", "3600000000, 3600000"})
    void microsecondsAreToldAsMilliseconds(long micros, String millis) {
        timing.add("queue", micros);

        assertThat(timing.header()).isEqualTo("queue;dur=" + millis);
    }

    @Test
    void phaseOfSeveralCallsIsTheirSum() {
        timing.add("queue", 100);
        timing.add("compute", 1_000);

        timing.add("queue", 200);

        assertThat(timing.header()).isEqualTo("queue;dur=0.3, compute;dur=1");
    }
}
