package dev.weft.gateway.door;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LocalUseTest {

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "LocalHost", "weft.localhost", "127.0.0.1", "127.1.2.3", "::1", "[::1]"})
    void namesOfThisMachineAreLocal(String host) {
        assertThat(LocalUse.isLocal(host)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "example.com", "127.0.0.1.example.com", "localhost.example.com", "10.0.0.1", "0.0.0.0"})
    void othersAreNot(String host) {
        assertThat(LocalUse.isLocal(host)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://localhost:3000", "https://127.0.0.1", "http://[::1]:8080"})
    void pagesOfThisMachineAreLocal(String origin) {
        assertThat(LocalUse.isLocal(LocalUse.host(origin))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "https://example.com", "https://localhost.example.com:80", "http://[", "http://"})
    void pagesFromElsewhereAreNot(String origin) {
        assertThat(LocalUse.isLocal(LocalUse.host(origin))).isFalse();
    }
}
