package dev.weft.embedding.file.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.embedding.file.FileStore;
import dev.weft.embedding.file.FileStore.BlobWriter;
import dev.weft.embedding.file.FileStoreContract;
import dev.weft.kit.error.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskFileStoreTest extends FileStoreContract {

    @TempDir
    private Path folder;

    @Override
    protected FileStore store() {
        return new DiskFileStore(folder);
    }

    @Test
    void writerThatGivesUpLeavesNoFile() throws IOException {
        try (BlobWriter writer = store().create(UUID.randomUUID())) {
            writer.write(new byte[100], 0, 100);
        }

        try (Stream<Path> files = Files.walk(folder)) {
            assertThat(files.filter(Files::isRegularFile)).isEmpty();
        }
    }

    @Test
    void blobOfAnotherFolderIsOurDefect() {
        assertThatThrownBy(() -> store().open(UUID.randomUUID(), 0))
                .isInstanceOf(Failure.Internal.class)
                .hasMessageContaining("expected: a folder that all replicas share");
    }

    @Test
    void folderThatCannotBeUsedIsUnavailable() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "x");

        assertThatThrownBy(() -> new DiskFileStore(file).create(UUID.randomUUID()))
                .isInstanceOf(Failure.Unavailable.class);
    }
}
