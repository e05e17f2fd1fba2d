package dev.weft.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.ResourceExhausted;
import dev.weft.kit.rpc.RequestId;
import io.vertx.core.MultiMap;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GrpcHeadersTest {

    @ParameterizedTest
    @ValueSource(strings = {"plain", "100 % of it", "für 'ä' → ñ", "%41", "tail %", ""})
    void messageComesBackAsItWas(String message) {
        String encoded = GrpcHeaders.encode(message);

        assertThat(encoded).matches("[ -~]*");
        assertThat(GrpcHeaders.decode(encoded)).isEqualTo(message);
    }

    @Test
    void percentSignWithoutDigitsStandsForItself() {
        assertThat(GrpcHeaders.decode("50 % and %4")).isEqualTo("50 % and %4");
    }

    @Test
    void failureIsToldWithItsCodeAndHint() {
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();

        GrpcHeaders.put(
                new ResourceExhausted("queue of 'é' is full", Duration.ofMillis(1500)), new RequestId("r1"), headers);

        assertThat(headers.get("grpc-status")).isEqualTo("8");
        assertThat(headers.get("grpc-message")).isEqualTo("queue of '%C3%A9' is full");
        assertThat(headers.get("retry-after-ms")).isEqualTo("1500");
        assertThat(headers.get("x-request-id")).isEqualTo("r1");
    }

    @Test
    void failureWithoutHintHasNone() {
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();

        GrpcHeaders.put(new InvalidArgument("shape: [2] (expected: [1])"), new RequestId("r1"), headers);

        assertThat(headers.get("grpc-status")).isEqualTo("3");
        assertThat(headers.contains("retry-after-ms")).isFalse();
    }
}
