package dev.weft.gateway.usage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.gateway.fixtures.SteppingClock;
import dev.weft.gateway.usage.UsageRepository.Month;
import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MonthlySpendingTest {

    private final SteppingClock clock = new SteppingClock(Instant.parse("2027-01-31T23:00:00Z"));
    private final MonthlySpending spending = new MonthlySpending(clock);

    @Test
    void ownUsageCountsAtOnceAndIsNotTwiceThereAfterAFlush() {
        Spent spent = spending.of("k1");
        spending.add("k1", 10, 100);
        assertThat(spent.tokens()).isEqualTo(10);

        spending.mark();
        spending.add("k1", 1, 1); // while it is written
        spending.correct(Map.of("k1", new Month(510, 5_100))); // others have used 500

        assertThat(spent.tokens()).isEqualTo(511);
        assertThat(spent.costNanos()).isEqualTo(5_101);
    }

    @Test
    void flushThatFailsLosesNothing() {
        Spent spent = spending.of("k1");
        spending.add("k1", 10, 100);
        spending.mark();
        spending.add("k1", 1, 1);
        spending.mark();
        spending.correct(Map.of("k1", new Month(11, 101)));

        assertThat(spent.tokens()).isEqualTo(11);
        assertThat(spent.costNanos()).isEqualTo(101);
    }

    @Test
    void newMonthBeginsAtNothingEvenWithoutTheDatabase() {
        Spent spent = spending.of("k1");
        spending.add("k1", 10, 100);
        assertThat(spending.untilNext()).isEqualTo(Duration.ofHours(1));
        clock.advance(Duration.ofHours(1));
        spending.of("k1");

        spending.mark();

        assertThat(spent.tokens()).isZero();
        assertThat(spent.costNanos()).isZero();
        assertThat(spending.month()).isEqualTo(YearMonth.of(2027, 2));
        assertThat(spending.untilNext()).isEqualTo(Duration.ofDays(28));
    }

    @Test
    void keysThatNobodyUsesAreForgotten() {
        spending.of("k1");
        clock.advance(Duration.ofMinutes(30));
        spending.of("k2");
        clock.advance(Duration.ofMinutes(31));

        spending.mark();

        assertThat(spending.keys()).containsExactly("k2");
    }
}
