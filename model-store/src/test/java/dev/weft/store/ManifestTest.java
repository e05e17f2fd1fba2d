package dev.weft.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ManifestTest {

    private static final String SHA = "a".repeat(64);

    @Test
    void textIsSortedAndReadBack() {
        Manifest manifest = new Manifest(List.of(
                new Manifest.Entry("tokenizer.json", 3, SHA),
                new Manifest.Entry("onnx/model with spaces.onnx", 12, SHA)));

        assertThat(manifest.text())
                .isEqualTo(
                        "weft-manifest 1\n" + SHA + " 12 onnx/model with spaces.onnx\n" + SHA + " 3 tokenizer.json\n");
        assertThat(Manifest.parse(manifest.text())).isEqualTo(manifest);
        assertThat(manifest.totalBytes()).isEqualTo(15);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/etc/passwd",
                "../x",
                "a/../../x",
                "a//b",
                "a/",
                "./a",
                "",
                "a\\b",
                "C:x",
                "a\nb",
                ".weft-fetch/a"
            })
    void pathsThatLeaveThePackageAreRefused(String path) {
        assertThatExceptionOfType(InvalidArgument.class).isThrownBy(() -> new Manifest.Entry(path, 1, SHA));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "weft-manifest 2\n%s 1 a\n",
                "weft-manifest 1\n",
                "weft-manifest 1\n%s 1 b\n%s 1 a\n",
                "weft-manifest 1\n%s 1 a\n%s 1 a\n",
                "weft-manifest 1\n%s 1 a",
                "weft-manifest 1\n%s 01 a\n",
                "weft-manifest 1\n%s -1 a\n",
                "weft-manifest 1\n%s 1 a\n%s 1 a/b\n",
                "weft-manifest 1\nabc 1 a\n",
                "weft-manifest 1\r\n%s 1 a\r\n"
            })
    void otherTextsAreRefused(String text) {
        assertThatExceptionOfType(InvalidArgument.class).isThrownBy(() -> Manifest.parse(text.replace("%s", SHA)));
    }
}
