package dev.weft.local.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceTest {

    @TempDir
    private Path root;

    private MeshOptions options(Form form) {
        return new MeshOptions(root, root.resolve("data"), 0, form);
    }

    @Test
    void jvmTakesTheCacheThatThereIs() throws IOException {
        Path cache = Service.GATEWAY.aotCache(options(Form.JARS));
        assertThat(Service.GATEWAY.command(options(Form.JARS))).noneMatch(argument -> argument.contains("AOT"));

        Files.createDirectories(cache.getParent());
        Files.writeString(cache, "a cache");

        assertThat(Service.GATEWAY.command(options(Form.JARS))).contains("-XX:AOTCache=" + cache);
        assertThat(Service.INFERENCE.command(options(Form.JARS))).noneMatch(argument -> argument.contains("AOT"));
    }

    @Test
    void jvmOfATrainingWritesOne() {
        MeshOptions options = options(Form.TRAINING);

        assertThat(Service.GATEWAY.command(options))
                .contains("-XX:AOTCacheOutput=" + Service.GATEWAY.aotCache(options))
                .contains("-jar");
    }

    @Test
    void executableIsRunWithASmallYoungGeneration() {
        assertThat(Service.GATEWAY.command(options(Form.NATIVE)))
                .containsExactly(
                        root.toAbsolutePath()
                                .resolve("gateway/target/gateway-runner")
                                .toString(),
                        "-Xmn16m");
    }
}
