package dev.weft.kit.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FollowedFileTest {

    @TempDir
    private Path folder;

    private static Integer parse(String text) {
        return Integer.valueOf(text.strip());
    }

    @Test
    void textThatIsReplacedIsReadAgain() throws IOException {
        Path file = Files.writeString(folder.resolve("number"), "1");
        FollowedFile<Integer> followed = FollowedFile.required(file, FollowedFileTest::parse);

        Files.writeString(file, "2");
        assertThat(followed.now()).isEqualTo(1);
        followed.look();

        assertThat(followed.now()).isEqualTo(2);
    }

    @Test
    void fileBehindALinkIsFollowedAsKubeletReplacesIt() throws IOException {
        Files.writeString(Files.createDirectory(folder.resolve("first")).resolve("number"), "1");
        Files.writeString(Files.createDirectory(folder.resolve("second")).resolve("number"), "2");
        Path link = Files.createSymbolicLink(folder.resolve("data"), folder.resolve("first"));
        FollowedFile<Integer> followed = FollowedFile.required(link.resolve("number"), FollowedFileTest::parse);

        Files.delete(link);
        Files.createSymbolicLink(link, folder.resolve("second"));
        followed.look();

        assertThat(followed.now()).isEqualTo(2);
    }

    @Test
    void textThatIsWrongOrGoneLeavesTheOldOne() throws IOException {
        Path file = Files.writeString(folder.resolve("number"), "1");
        FollowedFile<Integer> followed = FollowedFile.required(file, FollowedFileTest::parse);

        Files.writeString(file, "one");
        followed.look();
        assertThat(followed.now()).isEqualTo(1);

        Files.delete(file);
        followed.look();
        assertThat(followed.now()).isEqualTo(1);

        Files.writeString(file, "3");
        followed.look();
        assertThat(followed.now()).isEqualTo(3);
    }

    @Test
    void requiredFileMustBeThere() {
        Path file = folder.resolve("absent");

        assertThatThrownBy(() -> FollowedFile.required(file, FollowedFileTest::parse))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(file + " cannot be read");
    }

    @Test
    void optionalFileMayComeLater() throws IOException {
        Path file = folder.resolve("later");
        FollowedFile<Integer> followed = FollowedFile.optional(file, FollowedFileTest::parse, 0);
        assertThat(followed.now()).isZero();

        Files.writeString(file, "4");
        followed.look();

        assertThat(followed.now()).isEqualTo(4);
    }

    @Test
    void hugeFileIsNotRead() throws IOException {
        Path file = Files.write(folder.resolve("huge"), new byte[65_537]);

        assertThatThrownBy(() -> FollowedFile.required(file, FollowedFileTest::parse))
                .hasMessageContaining("65537 bytes");
    }
}
