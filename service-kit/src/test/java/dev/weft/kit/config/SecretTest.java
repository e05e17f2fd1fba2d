package dev.weft.kit.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.SmallRyeConfigBuilder;
import org.junit.jupiter.api.Test;

class SecretTest {

    @Test
    void printsNothingOfItself() {
        assertThat(new Secret("hunter2")).hasToString("***");
    }

    @Test
    void isReadOfConfiguration() {
        Secret secret = new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withDefaultValue("key", "hunter2")
                .build()
                .getValue("key", Secret.class);

        assertThat(secret.value()).isEqualTo("hunter2");
    }

    @Test
    void keyThatNobodySetsIsNoSecret() {
        assertThat(new SmallRyeConfigBuilder().addDiscoveredConverters().build().getOptionalValue("key", Secret.class))
                .isEmpty();
    }

    @Test
    void onlyTheWholeOfItMatches() {
        Secret secret = new Secret("hunter2");

        assertThat(secret.matches("hunter2")).isTrue();
        assertThat(secret.matches("hunter")).isFalse();
        assertThat(secret.matches("hunter22")).isFalse();
    }
}
