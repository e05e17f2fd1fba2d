package dev.weft.gateway.batches;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.HttpResponse;
import com.openai.models.batches.Batch;
import com.openai.models.batches.BatchCreateParams;
import com.openai.models.files.FileCreateParams;
import com.openai.models.files.FileObject;
import com.openai.models.files.FilePurpose;
import dev.weft.gateway.fixtures.Http;
import dev.weft.gateway.fixtures.ScriptedEmbedding;
import dev.weft.gateway.fixtures.ScriptedInference;
import dev.weft.testkit.DatabaseResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Files and batches as OpenAI's clients ask for them; {@link BatchesIT} runs the same against the packaged gateway. */
@QuarkusTest
@QuarkusTestResource(ScriptedInference.class)
@QuarkusTestResource(ScriptedEmbedding.class)
@QuarkusTestResource(value = DatabaseResource.class, initArgs = @ResourceArg(name = "schema", value = "gateway"))
class BatchesTest {

    private static final String LINE = "{\"custom_id\":\"a\"}\n";

    /** Another caller than whoever calls from this machine without a key, and no administrator. */
    private static final String[] SERVICE = {"Authorization", "Bearer " + ScriptedInference.TOKEN};

    @TestHTTPResource
    private URI uri;

    private Http http;

    @BeforeEach
    void connect() {
        http = new Http(uri);
    }

    @Test
    void officialClientWorksUnchanged() throws IOException {
        OpenAIClient client = OpenAIOkHttpClient.builder()
                .baseUrl(uri.resolve("/v1").toString())
                .apiKey("none")
                .maxRetries(0)
                .build();

        FileObject file = client.files()
                .create(FileCreateParams.builder()
                        .purpose(FilePurpose.BATCH)
                        .file(LINE.getBytes(StandardCharsets.UTF_8))
                        .build());
        Batch batch = client.batches()
                .create(BatchCreateParams.builder()
                        .inputFileId(file.id())
                        .endpoint(BatchCreateParams.Endpoint.V1_EMBEDDINGS)
                        .completionWindow(BatchCreateParams.CompletionWindow._24H)
                        .build());
        Batch found = client.batches().retrieve(batch.id()).validate();

        assertThat(file.validate().bytes()).isEqualTo(LINE.length());
        assertThat(found.status()).isEqualTo(Batch.Status.COMPLETED);
        assertThat(found.completedAt()).contains(1_700_000_009L);
        assertThat(found.requestCounts().orElseThrow().failed()).isEqualTo(1);
        assertThat(client.batches().list().data()).anyMatch(each -> each.id().equals(batch.id()));
        assertThat(client.batches().cancel(batch.id()).status()).isEqualTo(Batch.Status.CANCELLING);
        try (HttpResponse content = client.files().content(found.outputFileId().orElseThrow())) {
            assertThat(new String(content.body().readAllBytes(), StandardCharsets.UTF_8))
                    .isEqualTo(LINE);
        }
        assertThat(client.files().list().data()).anyMatch(each -> each.id().equals(file.id()));
        assertThat(client.files().retrieve(file.id()).filename()).isEqualTo(file.filename());
        assertThat(client.files().delete(file.id()).deleted()).isTrue();
        client.close();
    }

    @Test
    void largeFilePassesThroughWhateverItsFieldsOrder() {
        byte[] bytes = new byte[30_000_000];
        new Random(3).nextBytes(bytes);

        Http.Answer answer = upload(bytes, "file", "purpose=batch", "expires_after[seconds]=3600");
        Http.Answer content = http.get("/v1/files/" + answer.json().path("id").asText() + "/content");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.json().path("filename").asText()).isEqualTo("rows.jsonl");
        assertThat(answer.json().path("expires_at").asLong()).isEqualTo(1_700_003_600L);
        assertThat(content.response().body()).isEqualTo(bytes);
    }

    @Test
    void downloadGoesOnWhereItBroke() {
        byte[] bytes = new byte[20_000_000];
        new Random(4).nextBytes(bytes);
        String file = upload(bytes, "file", "purpose=batch").json().path("id").asText();

        ScriptedEmbedding.DOWNLOADS_TO_BREAK.set(12);
        Http.Answer content = http.get("/v1/files/" + file + "/content");

        assertThat(content.response().body()).isEqualTo(bytes);
        assertThat(ScriptedEmbedding.DOWNLOADS_TO_BREAK).hasValue(0);
    }

    @Test
    void fileThatTheServiceRefusesIsRefused() {
        Http.Answer answer = upload(new byte[ScriptedEmbedding.MAX_BYTES + 1], "purpose=batch", "file");

        assertThat(answer.status()).isEqualTo(429);
        assertThat(answer.json().path("error").path("message").asText()).contains("file: too large");
    }

    @Test
    void purposeThatIsNoneGivesTheUploadUp() {
        int before = ScriptedEmbedding.GIVEN_UP.get();

        Http.Answer answer = upload(new byte[300_000], "file", "purpose=assistants");

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.json().path("error").path("message").asText())
                .isEqualTo("purpose: 'assistants' (expected: one of [batch, fine-tune])");
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(ScriptedEmbedding.GIVEN_UP).hasValueGreaterThan(before));
    }

    @Test
    void formWithoutItsPartsIsRefused() {
        assertThat(upload(new byte[1], "purpose=batch")
                        .json()
                        .path("error")
                        .path("message")
                        .asText())
                .startsWith("file: missing");
        assertThat(upload(new byte[1], "file")
                        .json()
                        .path("error")
                        .path("message")
                        .asText())
                .startsWith("purpose: missing");
        assertThat(http.post("/v1/files", "{}", "Content-Type", "application/json")
                        .status())
                .isEqualTo(400);
    }

    @Test
    void failedBatchTellsItsLines() {
        JsonNode batch = http.get("/v1/batches/batch-failed").json();

        assertThat(batch.path("status").asText()).isEqualTo("failed");
        assertThat(batch.path("completion_window").asText()).isEqualTo("90s");
        assertThat(batch.path("errors").path("data").path(0).path("line").asInt())
                .isEqualTo(7);
        assertThat(batch.path("output_file_id").isNull()).isTrue();
    }

    @Test
    void callersSeeTheirOwnAndAdministratorsAll() {
        String theirs = upload(LINE.getBytes(StandardCharsets.UTF_8), "purpose=batch", "file")
                .json()
                .path("id")
                .asText();
        String order = "{\"input_file_id\":\"%s\",\"endpoint\":\"/v1/embeddings\",\"completion_window\":\"24h\"}";
        String batch = http.post("/v1/batches", order.formatted(theirs))
                .json()
                .path("id")
                .asText();

        for (String path :
                new String[] {"/v1/files/" + theirs, "/v1/files/" + theirs + "/content", "/v1/batches/" + batch}) {
            assertThat(http.get(path, SERVICE).status()).as(path).isEqualTo(404);
            assertThat(http.get(path).status()).as(path).isEqualTo(200);
        }
        assertThat(http.send(http.request("/v1/files/" + theirs, SERVICE).DELETE())
                        .status())
                .isEqualTo(404);
        assertThat(http.post("/v1/batches/" + batch + "/cancel", "", SERVICE).status())
                .isEqualTo(404);
        assertThat(http.post("/v1/batches", order.formatted(theirs), SERVICE).status())
                .isEqualTo(404);
        assertThat(http.get("/v1/files", SERVICE).json().path("data"))
                .noneMatch(file -> file.path("id").asText().equals(theirs));
        assertThat(http.get("/v1/batches", SERVICE).json().path("data"))
                .noneMatch(each -> each.path("id").asText().equals(batch));
        String own = upload(LINE.getBytes(StandardCharsets.UTF_8), SERVICE, "purpose=batch", "file")
                .json()
                .path("id")
                .asText();
        assertThat(http.get("/v1/files/" + own, SERVICE).status()).isEqualTo(200);
        assertThat(http.get("/v1/files/" + own).status()).isEqualTo(200);
        assertThat(http.post("/v1/batches", order.formatted(own), SERVICE).status())
                .isEqualTo(200);
    }

    @Test
    void rowsMayBeTheTextsOfACollection() {
        String order = "{\"input_collection\": \"help\", \"model\": \"embed\", \"endpoint\": \"/v1/embeddings\","
                + " \"completion_window\": \"24h\"}";

        Http.Answer answer = http.post("/v1/batches", order);

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.json().path("input_collection").asText()).isEqualTo("help");
        assertThat(answer.json().path("input_file_id").isNull()).isTrue();
        assertThat(ScriptedEmbedding.SUBMITTED).last().satisfies(request -> {
            assertThat(request.getInputCollection()).isEqualTo("help");
            assertThat(request.getInputModel()).isEqualTo("embed");
            assertThat(request.getOwner()).as("an administrator's is his own").isEqualTo("anonymous");
        });
        Http.Answer both = http.post("/v1/batches", order.replace("{", "{\"input_file_id\": \"f\", "));
        assertThat(both.status()).isEqualTo(400);
        assertThat(both.text()).contains("input_file_id, input_collection: both (expected: one of the two)");
    }

    @Test
    void whatDoesNotExistIsNotFound() {
        assertThat(http.get("/v1/batches/nope").status()).isEqualTo(404);
        assertThat(http.get("/v1/files/nope").status()).isEqualTo(404);
        assertThat(http.get("/v1/files/nope/content").status()).isEqualTo(404);
        assertThat(http.post("/v1/batches/nope/cancel", "").status()).isEqualTo(400);
    }

    @Test
    void orderThatIsIncompleteIsRefused() {
        for (String body : new String[] {
            "[]",
            "{",
            "{}",
            "{\"input_file_id\":\"f\",\"endpoint\":\"/v1/embeddings\",\"completion_window\":\"soon\"}",
            "{\"input_file_id\":\"f\",\"endpoint\":\"/v1/embeddings\",\"completion_window\":\"24h\",\"metadata\":{\"a\":1}}",
            "{\"input_file_id\":\"f\",\"endpoint\":\"/v1/embeddings\",\"completion_window\":\"24h\","
                    + "\"output_expires_after\":{\"anchor\":\"now\",\"seconds\":1}}"
        }) {
            assertThat(http.post("/v1/batches", body).status()).as(body).isEqualTo(400);
        }
        assertThat(http.get("/v1/batches?limit=101").status()).isEqualTo(400);
        assertThat(http.get("/v1/files?order=up").status()).isEqualTo(400);
    }

    /** A form with those parts: {@code file}, or a field and its value. */
    private Http.Answer upload(byte[] bytes, String... parts) {
        return upload(bytes, new String[0], parts);
    }

    private Http.Answer upload(byte[] bytes, String[] headers, String... parts) {
        java.util.List<HttpRequest.BodyPublisher> body = new java.util.ArrayList<>();
        for (String part : parts) {
            body.add(text("--cut\r\nContent-Disposition: form-data; name=\""));
            if (part.equals("file")) {
                body.add(text("file\"; filename=\"rows.jsonl\"\r\n\r\n"));
                body.add(HttpRequest.BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(bytes)));
            } else {
                int equals = part.indexOf('=');
                body.add(text(part.substring(0, equals) + "\"\r\n\r\n" + part.substring(equals + 1)));
            }
            body.add(text("\r\n"));
        }
        body.add(text("--cut--\r\n"));
        return http.send(http.request("/v1/files", headers)
                .header("Content-Type", "multipart/form-data; boundary=cut")
                .POST(HttpRequest.BodyPublishers.concat(body.toArray(HttpRequest.BodyPublisher[]::new))));
    }

    private static HttpRequest.BodyPublisher text(String text) {
        return HttpRequest.BodyPublishers.ofString(text);
    }
}
