package dev.weft.kit.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.kit.time.Deadline;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GrpcTimeoutTest {

    @ParameterizedTest
    @CsvSource({"2H, PT2H", "3M, PT3M", "5S, PT5S", "250m, PT0.25S", "99u, PT0.000099S", "1n, PT0.000000001S"})
    void everyUnitOfTheSpecificationIsRead(String header, Duration expected) {
        assertThat(GrpcTimeout.parse(header)).isEqualTo(expected);
    }

    @Test
    void malformedTimeoutIsNone() {
        assertThat(GrpcTimeout.parse("soon")).isNull();
        assertThat(GrpcTimeout.parse("123456789m")).isNull();
        assertThat(GrpcTimeout.parse(null)).isNull();
    }

    @Test
    void moreTimeThanAClockCountsIsAYear() {
        assertThat(GrpcTimeout.parse("99999999H")).isEqualTo(Duration.ofDays(365));
        assertThat(GrpcTimeout.deadline("99999999H"))
                .satisfies(deadline -> assertThat(deadline.remaining()).isGreaterThan(Duration.ofDays(364)));
    }

    @ParameterizedTest
    @CsvSource({"PT0S, 1u", "PT0.25S, 250000u", "PT1H, 3600000m", "P30D, 2592000S"})
    void whatIsLeftIsToldInEightDigits(Duration left, String expected) {
        String header = GrpcTimeout.header(Deadline.after(left));

        assertThat(header).hasSizeLessThanOrEqualTo(9).endsWith(expected.substring(expected.length() - 1));
        Duration told = GrpcTimeout.parse(header);
        assertThat(told).isBetween(left.minusSeconds(2), left.plusMillis(1));
    }
}
