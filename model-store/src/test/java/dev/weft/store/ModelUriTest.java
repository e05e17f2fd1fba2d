package dev.weft.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelUriTest {

    @ParameterizedTest
    @CsvSource({
        "file:/srv/models/bert, file, /srv/models/bert, ",
        "pg:banking-intents@abc, pg, banking-intents, abc",
        "hf:org/name@v1.0, hf, org/name, v1.0",
        "file:/home/me@work/bert, file, /home/me@work/bert, "
    })
    void partsAreRead(String text, String scheme, String path, String version) {
        ModelUri uri = ModelUri.parse(text);

        assertThat(uri.scheme()).isEqualTo(scheme);
        assertThat(uri.path()).isEqualTo(path);
        assertThat(uri.version().orElse(null)).isEqualTo(version);
        assertThat(uri).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "bert", ":bert", "file:", "File:/x", "pg:x@", "pg:x@a b", "pg:@v"})
    void otherFormsAreRefused(String text) {
        assertThatExceptionOfType(InvalidArgument.class).isThrownBy(() -> ModelUri.parse(text));
    }

    @Test
    void unknownSchemeNamesTheKnownOnes() {
        ModelStores stores = new ModelStores(List.of());

        assertThatExceptionOfType(InvalidArgument.class)
                .isThrownBy(() -> stores.of(ModelUri.parse("s4:x")))
                .withMessage("scheme: s4 (expected: one of [])");
    }
}
