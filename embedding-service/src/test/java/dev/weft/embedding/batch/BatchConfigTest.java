package dev.weft.embedding.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.ConfigValidationException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BatchConfigTest {

    @Test
    void defaults() {
        BatchConfig config = TestBatchConfig.with();

        assertThat(config.workers()).isEqualTo(2);
        assertThat(config.requests()).isEqualTo(4);
        assertThat(config.requestRows()).isEqualTo(256);
        assertThat(config.requestTimeout()).isEqualTo(Duration.ofSeconds(60));
        assertThat(config.retryLimit()).isEqualTo(Duration.ofMinutes(5));
        assertThat(config.retryPause()).isEqualTo(Duration.ofSeconds(5));
        assertThat(config.chunkRows()).isEqualTo(1024);
        assertThat(config.chunkSize().asLongValue()).isEqualTo(4 << 20);
        assertThat(config.maxLine().asLongValue()).isEqualTo(4 << 20);
        assertThat(config.maxRows()).isEqualTo(1_000_000);
        assertThat(config.maxOpen()).isEqualTo(1_000);
        assertThat(config.maxWindow()).isEqualTo(Duration.ofDays(7));
        assertThat(config.lease()).isEqualTo(Duration.ofSeconds(30));
        assertThat(config.pollInterval()).isEqualTo(Duration.ofMillis(500));
        assertThat(config.maxWatchers()).isEqualTo(256);
    }

    @Test
    void misspeltKeyIsRefused() {
        assertThatThrownBy(() -> TestBatchConfig.with("worker", "7"))
                .isInstanceOf(ConfigValidationException.class)
                .hasMessageContaining("weft.embedding.batch.worker");
    }

    @ParameterizedTest
    @CsvSource({
        "workers,-1",
        "requests,0",
        "request-rows,0",
        "request-timeout,1ms",
        "retry-limit,1ms",
        "retry-pause,1ms",
        "chunk-rows,0",
        "max-rows,0",
        "max-open,0",
        "max-window,1ms",
        "lease,10ms",
        "poll-interval,1ms",
        "max-watchers,0"
    })
    void valueOutOfRangeIsRefused(String key, String value) {
        assertThatThrownBy(() -> TestBatchConfig.with(key, value))
                .isInstanceOf(ConfigValidationException.class)
                .hasMessageContaining(key);
    }
}
