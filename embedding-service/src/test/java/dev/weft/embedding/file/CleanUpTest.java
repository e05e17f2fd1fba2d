package dev.weft.embedding.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.database.Database;
import dev.weft.embedding.file.StoredFile.Purpose;
import dev.weft.embedding.fixtures.ScriptedInference;
import dev.weft.kit.error.Failure;
import dev.weft.testkit.DatabaseResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What is removed by time, and what stays, in a real database. */
@QuarkusTest
@QuarkusTestResource(value = ScriptedInference.class, restrictToAnnotatedClass = true)
@QuarkusTestResource(value = DatabaseResource.class, initArgs = @ResourceArg(name = "schema", value = "embedding"))
class CleanUpTest {

    private static final int ALL = 1_000;
    private static final byte[] BYTES = "some rows".getBytes(StandardCharsets.UTF_8);

    @Inject
    StoredFiles files;

    @Inject
    Blobs blobs;

    @Inject
    Database database;

    private StoredFile upload(Duration expiry) {
        try (FileUpload upload = files.upload("somebody", "rows.jsonl", Purpose.BATCH, expiry)) {
            upload.write(BYTES, 0, BYTES.length);
            return upload.finish();
        }
    }

    private UUID abandonedBlob() {
        try (BlobOutput output = blobs.create()) {
            output.write(BYTES, 0, BYTES.length);
            return output.finish().id();
        }
    }

    private void update(String sql, Object... parameters) {
        database.inTransaction(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                for (int i = 0; i < parameters.length; i++) {
                    statement.setObject(i + 1, parameters[i]);
                }
                return statement.executeUpdate();
            }
        });
    }

    private long count(String sql, Object parameter) {
        return database.inTransaction(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                statement.setObject(1, parameter);
                try (ResultSet rows = statement.executeQuery()) {
                    rows.next();
                    return rows.getLong(1);
                }
            }
        });
    }

    private UUID blobOf(StoredFile file) {
        return database.inTransaction(connection -> FileRepository.blobs(connection, file.id()))
                .getFirst()
                .id();
    }

    private void expire(StoredFile file) {
        update("UPDATE file SET expires_at = now() - INTERVAL '1 s' WHERE id = ?", file.id());
    }

    @Test
    void expiredFileGoesWithItsBytesAndOthersStay() throws IOException {
        StoredFile expired = upload(Duration.ofHours(1));
        StoredFile other = upload(Duration.ofHours(1));
        UUID blob = blobOf(expired);
        expire(expired);

        files.cleanUp(ALL);

        assertThatThrownBy(() -> files.get(expired.id(), "")).isInstanceOf(Failure.NotFound.class);
        assertThat(count("SELECT count(*) FROM blob WHERE id = ?", blob)).isZero();
        assertThat(count("SELECT count(*) FROM blob_block WHERE blob = ?", blob))
                .isZero();
        try (InputStream input = files.open(other.id(), "somebody", 0)) {
            assertThat(input.readAllBytes()).isEqualTo(BYTES);
        }
    }

    @Test
    void expiredFileThatABatchReadsStaysUntilItHasEnded() throws IOException {
        StoredFile file = upload(Duration.ofHours(1));
        database.inTransaction(connection -> files.use(connection, file.id(), "somebody"));
        expire(file);

        files.cleanUp(ALL);

        try (InputStream input = files.openUsed(file.id(), 0)) {
            assertThat(input.readAllBytes()).isEqualTo(BYTES);
        }
        database.inTransaction(connection -> {
            files.release(connection, file.id());
            return true;
        });
        files.cleanUp(ALL);
        assertThat(count("SELECT count(*) FROM file WHERE id = ?", file.id())).isZero();
    }

    @Test
    void bytesThatADeadWriterLeftGoWhenTheyAreOld() {
        UUID old = abandonedBlob();
        UUID young = abandonedBlob();
        StoredFile kept = upload(Duration.ofHours(1));
        update("UPDATE blob SET created_at = now() - INTERVAL '2 days' WHERE id IN (?, ?)", old, blobOf(kept));

        files.cleanUp(ALL);

        assertThat(count("SELECT count(*) FROM blob_block WHERE blob = ?", old)).isZero();
        assertThat(count("SELECT count(*) FROM blob WHERE id = ?", old)).isZero();
        assertThat(count("SELECT count(*) FROM blob_block WHERE blob = ?", young))
                .isPositive();
        assertThat(count("SELECT count(*) FROM blob_block WHERE blob = ?", blobOf(kept)))
                .isPositive();
        assertThat(files.get(kept.id(), "somebody").sizeBytes()).isEqualTo(BYTES.length);
    }
}
