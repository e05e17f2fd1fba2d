package dev.weft.kit.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class CallEffortTest {

    @Test
    void trailerTellsWhatWasSpent() {
        CallEffort effort = new CallEffort(2, 18, 0, 1_300);

        assertThat(effort.trailer()).isEqualTo("2,18,0,1300");
        assertThat(CallEffort.ofTrailer(effort.trailer())).isEqualTo(effort);
        assertThat(effort.plus(effort)).isEqualTo(new CallEffort(4, 36, 0, 2_600));
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "1,2,3", "1,2,3,4,5", "1,2,x,4", "-1,2,3,4", "1,2,3,99999999999999999999"})
    void otherFormsTellNothing(String trailer) {
        assertThat(CallEffort.ofTrailer(trailer)).isEqualTo(CallEffort.NONE);
    }
}
