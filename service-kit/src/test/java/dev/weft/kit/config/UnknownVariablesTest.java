package dev.weft.kit.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UnknownVariablesTest {

    private static final List<String> KEYS = List.of(
            "weft.gateway.inference.target",
            "weft.gateway.inference.target[*]",
            "weft.gateway.inference.status-interval",
            "weft.gateway.inference.pools.*.targets",
            "weft.identity.mode");

    private static UnknownVariables of(String... names) {
        return UnknownVariables.of(Set.of(names), KEYS);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "WEFT_GATEWAY_INFERENCE_TARGET",
                "WEFT_GATEWAY_INFERENCE_TARGET_0_",
                "WEFT_GATEWAY_INFERENCE_STATUS_INTERVAL",
                "WEFT_GATEWAY_INFERENCE_POOLS_CPU_TARGETS",
                "WEFT_GATEWAY_INFERENCE_POOLS__GPU_A__TARGETS",
                "WEFT_IDENTITY_MODE",
                "PATH",
                "WEFTER_X"
            })
    void keyThatExistsIsNothingToTell(String name) {
        assertThat(of(name)).isEqualTo(new UnknownVariables(Set.of(), Set.of()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "WEFT_GATEWAY_INFERENC_TARGET",
                "WEFT_GATEWAY_INFERENCE_TARGETS",
                "WEFT_GATEWAY_INFERENCE_POOLS_CPU_TARGTS",
                "WEFT_IDENTITY_MODUS",
                "WEFT_IDENTITY"
            })
    void keyThatDoesNotExistIsMisspelt(String name) {
        assertThat(of(name).misspelt()).containsExactly(name);
    }

    @Test
    void keysOfOtherServicesAreTheirBusiness() {
        assertThat(of("WEFT_INFERENCE_SESSIONS")).isEqualTo(new UnknownVariables(Set.of(), Set.of()));
    }

    @Test
    void areaThatNobodyHasIsForeign() {
        assertThat(of("WEFT_IDENTIY_MODE").foreign()).containsExactly("WEFT_IDENTIY_MODE");
        assertThat(of("WEFT_IDENTIY_MODE").misspelt()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "WEFT_GATEWAY_SERVICE_HOST",
                "WEFT_GATEWAY_SERVICE_PORT",
                "WEFT_GATEWAY_SERVICE_PORT_HTTP",
                "WEFT_GATEWAY_PORT",
                "WEFT_GATEWAY_PORT_8080_TCP",
                "WEFT_GATEWAY_PORT_8080_TCP_ADDR",
                "WEFT_SERVICE_HOST"
            })
    void whatKubernetesTellsOfServicesIsNoConfiguration(String name) {
        assertThat(of(name)).isEqualTo(new UnknownVariables(Set.of(), Set.of()));
    }
}
