package dev.weft.gateway.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.gateway.fixtures.SteppingClock;
import dev.weft.kit.error.Failure.Unauthenticated;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class KnownKeysTest {

    private static final String ID = "aaaaaaaaaaaaaaaa";
    private static final String TEXT = "weft_aaaaaaaaaaaaaaaa_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private static final Instant END = Instant.parse("2027-01-01T00:00:00Z");

    private final SteppingClock clock = new SteppingClock(END.minusMillis(1));
    private final KnownKeys known = new KnownKeys(clock);

    @Test
    void keyIsFoundByItsIdAndAllOfItsText() {
        known.put(KeyFixtures.stored(ID, KeyLimits.NONE, null));

        assertThat(known.find(ID, TEXT)).isNotNull();
        assertThat(known.find(ID, TEXT.replace('a', 'b'))).isNull();
        assertThat(known.find("bbbbbbbbbbbbbbbb", TEXT)).isNull();
    }

    @Test
    void keyExpiresWithoutAnybodyTelling() {
        known.put(KeyFixtures.stored(ID, KeyLimits.NONE, END));
        assertThat(known.find(ID, TEXT)).isNotNull();

        clock.advance(Duration.ofMillis(1));

        assertThatThrownBy(() -> known.find(ID, TEXT))
                .isInstanceOf(Unauthenticated.class)
                .hasMessage("key " + ID + ": expired");
    }

    @Test
    void replacingForgetsWhatIsNotThere() {
        known.put(KeyFixtures.stored(ID, KeyLimits.NONE, null));
        known.put(KeyFixtures.stored("other", KeyLimits.NONE, null));

        known.replace(List.of(KeyFixtures.stored("other", KeyLimits.NONE, null)));

        assertThat(known.find(ID, TEXT)).isNull();
        assertThat(known.has("other")).isTrue();
        assertThat(known.size()).isEqualTo(1);
    }
}
