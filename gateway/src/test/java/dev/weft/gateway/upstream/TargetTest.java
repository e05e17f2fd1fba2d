package dev.weft.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TargetTest {

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1:9, 127.0.0.1, 9",
        "inference:8081, inference, 8081",
        "dns:///inference.weft.svc:8081, inference.weft.svc, 8081",
        "[::1]:9, ::1, 9"
    })
    void everyFormIsRead(String text, String host, int port) {
        assertThat(Target.parse("p", text)).isEqualTo(new Target(host, port));
    }

    @ParameterizedTest
    @ValueSource(strings = {"inference", ":8081", "inference:", "inference:0", "inference:70000", "dns:///x:y"})
    void malformedTargetIsRefused(String text) {
        assertThatThrownBy(() -> Target.parse("weft.gateway.inference.target", text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("weft.gateway.inference.target: '" + text + "'");
    }

    @Test
    void nameStandsForAllOfItsAddresses() throws UnknownHostException {
        Target target = Target.parse("p", "dns:///inference:8081");

        assertThat(target.replicas(name ->
                        new InetAddress[] {InetAddress.getByName("10.0.0.1"), InetAddress.getByName("fd00::2")}))
                .containsExactly("10.0.0.1:8081", "[fd00:0:0:0:0:0:0:2]:8081");
    }
}
