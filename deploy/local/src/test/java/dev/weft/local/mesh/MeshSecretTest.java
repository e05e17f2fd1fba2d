package dev.weft.local.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MeshSecretTest {

    @TempDir
    private Path folder;

    @Test
    void secretIsMadeOnceAndKept() throws Exception {
        Path file = folder.resolve("identity/secret");

        String made = new MeshSecret(file).make().value();

        assertThat(made).matches("[0-9a-f]{64}");
        assertThat(new MeshSecret(file).make().value()).isEqualTo(made);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    @Test
    void eachMeshHasItsOwn() {
        assertThat(new MeshSecret(folder.resolve("a/secret")).make().value())
                .isNotEqualTo(new MeshSecret(folder.resolve("b/secret")).make().value());
    }
}
