package dev.weft.embedding.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.embedding.fixtures.BatchClient;
import dev.weft.embedding.fixtures.FreePort;
import dev.weft.embedding.fixtures.ScriptedInference;
import dev.weft.protocol.embedding.v1.DeleteFileRequest;
import dev.weft.protocol.embedding.v1.DownloadFileRequest;
import dev.weft.protocol.embedding.v1.File;
import dev.weft.protocol.embedding.v1.FilePurpose;
import dev.weft.protocol.embedding.v1.GetFileRequest;
import dev.weft.protocol.embedding.v1.ListFilesRequest;
import dev.weft.protocol.embedding.v1.ListFilesResponse;
import dev.weft.testkit.DatabaseResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.junit.QuarkusTest;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Files of clients; {@link FilesIT} runs the same against the packaged service. */
@QuarkusTest
@QuarkusTestResource(value = ScriptedInference.class, restrictToAnnotatedClass = true)
@QuarkusTestResource(value = FreePort.class, restrictToAnnotatedClass = true)
@QuarkusTestResource(value = DatabaseResource.class, initArgs = @ResourceArg(name = "schema", value = "embedding"))
class FilesTest {

    private final BatchClient client = new BatchClient();

    @AfterEach
    void close() {
        client.close();
    }

    @Test
    void fileIsReadAsItWasWritten() throws Exception {
        byte[] bytes = new byte[2_500_000];
        new Random(7).nextBytes(bytes);

        File file = client.upload("random.jsonl", bytes);

        assertThat(file.getSizeBytes()).isEqualTo(bytes.length);
        assertThat(file.getSha256())
                .isEqualTo(HexFormat.of()
                        .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes)));
        assertThat(client.download(file.getId(), 0)).isEqualTo(bytes);
        assertThat(client.download(file.getId(), 1_048_577))
                .isEqualTo(Arrays.copyOfRange(bytes, 1_048_577, bytes.length));
        assertThat(client.stub()
                        .getFile(GetFileRequest.newBuilder().setId(file.getId()).build())
                        .getFile())
                .isEqualTo(file);
    }

    @Test
    void fileThatIsTooLargeIsRefusedBeforeItIsKept() {
        assertThatThrownBy(() -> client.upload("large", new byte[3_200_000]))
                .hasMessageContaining("RESOURCE_EXHAUSTED")
                .hasMessageContaining("weft.embedding.files.max-size");
        assertThat(list("", 100, false).getFilesList())
                .noneMatch(file -> file.getName().equals("large"));
    }

    @Test
    void deletedFileIsGone() {
        File file = client.upload("gone", new byte[10]);

        client.stub()
                .deleteFile(DeleteFileRequest.newBuilder().setId(file.getId()).build());

        assertThatThrownBy(() -> client.download(file.getId(), 0)).hasMessageContaining("NOT_FOUND");
        assertThatThrownBy(() -> client.stub()
                        .deleteFile(DeleteFileRequest.newBuilder()
                                .setId(file.getId())
                                .build()))
                .hasMessageContaining("NOT_FOUND");
    }

    @Test
    void othersFilesAreAsIfTheyWereNotThere() {
        File ours = client.uploadFor("cards", new byte[10], Duration.ZERO);
        File theirs = client.uploadFor("risk", new byte[10], Duration.ZERO);
        String id = theirs.getId();

        assertThat(listOf("cards", "").getFilesList()).containsExactly(ours);
        assertThatThrownBy(() -> listOf("cards", id)).hasMessageContaining("NOT_FOUND");
        assertThatThrownBy(() -> client.stub()
                        .getFile(GetFileRequest.newBuilder()
                                .setId(id)
                                .setOwner("cards")
                                .build()))
                .hasMessageContaining("NOT_FOUND: file '" + id + "' does not exist");
        assertThatThrownBy(() -> client.stub()
                        .downloadFile(DownloadFileRequest.newBuilder()
                                .setId(id)
                                .setOwner("cards")
                                .build())
                        .hasNext())
                .hasMessageContaining("NOT_FOUND");
        assertThatThrownBy(() -> client.stub()
                        .deleteFile(DeleteFileRequest.newBuilder()
                                .setId(id)
                                .setOwner("cards")
                                .build()))
                .hasMessageContaining("NOT_FOUND");
        assertThat(client.download(id, 0)).hasSize(10);
        assertThat(client.stub()
                        .getFile(GetFileRequest.newBuilder()
                                .setId(id)
                                .setOwner("risk")
                                .build())
                        .getFile())
                .isEqualTo(theirs);
    }

    private ListFilesResponse listOf(String owner, String after) {
        return client.stub()
                .listFiles(ListFilesRequest.newBuilder()
                        .setOwner(owner)
                        .setAfter(after)
                        .build());
    }

    @Test
    void listIsInPagesInEitherOrder() {
        File one = client.upload("one", new byte[1]);
        File two = client.upload("two", new byte[1]);
        File three = client.upload("three", new byte[1]);

        ListFilesResponse newest = list("", 2, false);

        assertThat(newest.getFilesList()).containsExactly(three, two);
        assertThat(newest.getHasMore()).isTrue();
        assertThat(list(two.getId(), 1, false).getFilesList()).containsExactly(one);
        assertThat(list(one.getId(), 5, true).getFilesList()).containsExactly(two, three);
    }

    private ListFilesResponse list(String after, int limit, boolean ascending) {
        return client.stub()
                .listFiles(ListFilesRequest.newBuilder()
                        .setPurpose(FilePurpose.FILE_PURPOSE_BATCH)
                        .setAfter(after)
                        .setLimit(limit)
                        .setAscending(ascending)
                        .build());
    }

    @Test
    void dataOfTrainingJobsAreListedApart() {
        File data = client.upload("train.jsonl", FilePurpose.FILE_PURPOSE_FINE_TUNE, new byte[3]);

        ListFilesResponse listed = client.stub()
                .listFiles(ListFilesRequest.newBuilder()
                        .setPurpose(FilePurpose.FILE_PURPOSE_FINE_TUNE)
                        .setLimit(10)
                        .build());

        assertThat(listed.getFilesList())
                .contains(data)
                .allMatch(file -> file.getPurpose() == FilePurpose.FILE_PURPOSE_FINE_TUNE);
        assertThat(list("", 1_000, false).getFilesList()).doesNotContain(data);
        assertThatThrownBy(() -> client.submit(data.getId()))
                .hasMessageContaining("input_file_id: the file's purpose is fine-tune (expected: batch)");
    }

    @Test
    void purposeThatClientsHaveNotIsRefused() {
        assertThatThrownBy(() -> client.upload("out.jsonl", FilePurpose.FILE_PURPOSE_BATCH_OUTPUT, new byte[1]))
                .hasMessageContaining("purpose: batch_output (expected: one of [batch, fine-tune])");
        assertThatThrownBy(() -> client.upload("out.jsonl", FilePurpose.FILE_PURPOSE_UNSPECIFIED, new byte[1]))
                .hasMessageContaining("purpose: missing");
    }

    @Test
    void nameThatIsNoneIsRefused() {
        for (String name : List.of("", " ", "a\nb", "x".repeat(256))) {
            assertThatThrownBy(() -> client.upload(name, new byte[1])).hasMessageContaining("filename:");
        }
    }
}
