package dev.weft.inference.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FingerprintTest {

    @TempDir
    private Path folder;

    @Test
    void everyChangeOfAFileShows() throws IOException {
        Path graph = Files.writeString(
                Files.createDirectories(folder.resolve("onnx")).resolve("model.onnx"), "graph");
        Fingerprint before = Fingerprint.of(folder);

        assertThat(Fingerprint.of(folder)).isEqualTo(before);
        Files.setLastModifiedTime(graph, FileTime.fromMillis(1));
        assertThat(Fingerprint.of(folder)).as("touched").isNotEqualTo(before);
        Files.writeString(folder.resolve("weft.json"), "{}");
        assertThat(Fingerprint.of(folder).files()).containsKeys("onnx/model.onnx", "weft.json");
    }

    @Test
    void linksAreFollowedAndThoseThatLeadNowhereAreNoted() throws IOException {
        Path store = Files.createDirectories(folder.resolve("store/onnx"));
        Path graph = Files.writeString(store.resolve("model.onnx"), "graph");
        Path model = Files.createSymbolicLink(folder.resolve("model"), folder.resolve("store"));
        Fingerprint before = Fingerprint.of(model);
        assertThat(before.files()).containsOnlyKeys("onnx/model.onnx");

        Files.setLastModifiedTime(graph, FileTime.fromMillis(1));
        Files.createSymbolicLink(model.resolve("nowhere"), folder.resolve("absent"));
        Files.createSymbolicLink(model.resolve("loop"), model);

        assertThat(Fingerprint.of(model).files()).containsKeys("onnx/model.onnx", "nowhere", "loop");
        assertThat(Fingerprint.of(model).files().get("onnx/model.onnx"))
                .isNotEqualTo(before.files().get("onnx/model.onnx"));
    }
}
