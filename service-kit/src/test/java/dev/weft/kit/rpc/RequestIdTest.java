package dev.weft.kit.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestIdTest {

    @Test
    void wellFormedIdOfTheClientIsKept() {
        assertThat(RequestId.ofClient("trace-7f.3:a_b").value()).isEqualTo("trace-7f.3:a_b");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "two words", "line\nbreak", "ünicode"})
    void malformedIdOfTheClientIsReplaced(String id) {
        assertThat(RequestId.ofClient(id).value()).matches("[0-9a-f]{16}");
    }

    @Test
    void overlongIdOfTheClientIsReplaced() {
        assertThat(RequestId.ofClient("x".repeat(129)).value()).hasSize(16);
    }
}
