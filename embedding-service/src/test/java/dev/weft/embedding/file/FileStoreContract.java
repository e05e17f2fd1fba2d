package dev.weft.embedding.file;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.embedding.file.FileStore.BlobWriter;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every store of files promises. */
public abstract class FileStoreContract {

    private final UUID blob = UUID.randomUUID();

    protected abstract FileStore store();

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 1_000, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3_500_000})
    void whatIsWrittenInAnyPiecesIsReadFromAnyOffset(int size) throws IOException {
        Random random = new Random(size);
        byte[] bytes = new byte[size];
        random.nextBytes(bytes);

        write(bytes, random);

        for (int offset : new int[] {0, size / 2, Math.max(0, size - 1), size}) {
            assertThat(read(offset)).isEqualTo(Arrays.copyOfRange(bytes, offset, size));
        }
    }

    @Test
    void blobsDoNotMix() throws IOException {
        UUID other = UUID.randomUUID();
        try (BlobWriter one = store().create(blob);
                BlobWriter two = store().create(other)) {
            one.write(new byte[] {1, 2}, 0, 2);
            two.write(new byte[] {3}, 0, 1);
            one.write(new byte[] {4, 5, 6}, 1, 1);
            one.finish();
            two.finish();
        }

        assertThat(read(0)).containsExactly(1, 2, 5);
    }

    @Test
    void deletedBlobIsGoneAndDeletingItAgainChangesNothing() throws IOException {
        write(new byte[] {1, 2, 3}, new Random(1));

        store().delete(blob);
        store().delete(blob);

        assertThat(isGone()).isTrue();
    }

    @Test
    void blobThatWasNotFinishedCanBeDeleted() {
        try (BlobWriter writer = store().create(blob)) {
            writer.write(new byte[5_000], 0, 5_000);
        }

        store().delete(blob);

        assertThat(isGone()).isTrue();
    }

    private boolean isGone() {
        try {
            return read(0).length == 0;
        } catch (dev.weft.kit.error.Failure.Internal | IOException _) {
            return true;
        }
    }

    private void write(byte[] bytes, Random random) {
        try (BlobWriter writer = store().create(blob)) {
            int done = 0;
            while (done < bytes.length) {
                int some = Math.min(bytes.length - done, 1 + random.nextInt(700_000));
                writer.write(bytes, done, some);
                done += some;
            }
            writer.finish();
        }
    }

    private byte[] read(int offset) throws IOException {
        try (InputStream input = store().open(blob, offset)) {
            return input.readAllBytes();
        }
    }
}
