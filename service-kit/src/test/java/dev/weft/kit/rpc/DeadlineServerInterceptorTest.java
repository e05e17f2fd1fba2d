package dev.weft.kit.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DeadlineServerInterceptorTest {

    @ParameterizedTest
    @CsvSource({"2H, PT2H", "3M, PT3M", "5S, PT5S", "250m, PT0.25S", "99u, PT0.000099S", "1n, PT0.000000001S"})
    void everyUnitOfTheSpecificationIsRead(String header, Duration expected) {
        assertThat(DeadlineServerInterceptor.parse(header)).isEqualTo(expected);
    }

    @Test
    void malformedTimeoutIsNone() {
        assertThat(DeadlineServerInterceptor.parse("soon")).isNull();
        assertThat(DeadlineServerInterceptor.parse("123456789m")).isNull();
        assertThat(DeadlineServerInterceptor.parse(null)).isNull();
    }
}
