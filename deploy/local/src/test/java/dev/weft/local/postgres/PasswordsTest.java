package dev.weft.local.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PasswordsTest {

    @TempDir
    private Path folder;

    @Test
    void passwordIsMadeOnceAndReadableByItsOwnerOnly() throws IOException {
        Path file = folder.resolve("passwords.properties");

        String password = new Passwords(file).of("weft_gateway");

        assertThat(password).matches("[0-9a-f]{48}");
        assertThat(new Passwords(file).of("weft_admin")).isNotEqualTo(password);
        assertThat(new Passwords(file).of("weft_gateway")).isEqualTo(password);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }
}
