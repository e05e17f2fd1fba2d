package dev.weft.gateway.keys;

import static dev.weft.gateway.fixtures.KeyClient.bearer;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.gateway.fixtures.Http;
import dev.weft.gateway.fixtures.KeyClient;
import dev.weft.gateway.fixtures.KeysProfile;
import dev.weft.gateway.fixtures.ScriptedEmbedding;
import dev.weft.gateway.fixtures.ScriptedInference;
import dev.weft.testkit.DatabaseResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.net.URI;
import java.net.http.HttpRequest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a key may not do itself it does not have embedding-service do for it. */
@QuarkusTest
@TestProfile(KeysProfile.class)
@QuarkusTestResource(ScriptedInference.class)
@QuarkusTestResource(ScriptedEmbedding.class)
@QuarkusTestResource(value = DatabaseResource.class, initArgs = @ResourceArg(name = "schema", value = "gateway"))
class RestrictedKeysTest {

    private static final String QUERY = "/api/v1/collections/help/query";

    @TestHTTPResource
    private URI uri;

    private Http http;
    private KeyClient keys;

    @BeforeEach
    void connect() {
        http = new Http(uri);
        keys = new KeyClient(http);
    }

    @Test
    void collectionOfAnotherModelIsNotAsked() {
        String[] other =
                bearer(keys.create("embed", ", \"models\": [\"bge-*\"]").text());
        String[] one = bearer(keys.create("embed", ", \"models\": [\"embed\"]").text());

        Http.Answer refused = http.post(QUERY, "{\"text\": \"rent\", \"top_k\": 1}", other);
        Http.Answer upsert = http.post(
                "/api/v1/collections/help/points", "{\"points\": [{\"id\": \"a\", \"text\": \"rent\"}]}", other);
        Http.Answer reranked =
                http.post(QUERY, "{\"text\": \"rent\", \"top_k\": 1, \"rerank_model\": \"ranker\"}", one);

        assertThat(refused.status()).isEqualTo(403);
        assertThat(refused.text()).contains("model 'embed': not for this key (expected: one of [bge-*])");
        assertThat(upsert.status()).isEqualTo(403);
        assertThat(reranked.status()).as(reranked.text()).isEqualTo(403);
        assertThat(http.post(QUERY, "{\"text\": \"rent\", \"top_k\": 1}", one).status())
                .isEqualTo(200);
    }

    @Test
    void modelThatTheKeyMayNotAskIsNotTrained() {
        String[] bearer = bearer(
                keys.create("train", ", \"models\": [\"intent\", \"bge-*\"]").text());

        Http.Answer job = http.post(
                "/api/v1/training/jobs",
                "{\"runtime\": \"text-classifier\", \"publish\": {\"model\": \"fraud\"}}",
                bearer);
        Http.Answer base = http.post(
                "/v1/fine_tuning/jobs",
                "{\"model\": \"embed\", \"training_file\": \"file-1\", \"suffix\": \"intent\"}",
                bearer);
        Http.Answer tuned = http.post(
                "/v1/fine_tuning/jobs",
                "{\"model\": \"bge-small\", \"training_file\": \"file-1\", \"suffix\": \"fraud\"}",
                bearer);

        assertThat(job.status()).isEqualTo(403);
        assertThat(job.text()).contains("model 'fraud': not for this key (expected: one of [intent, bge-*])");
        assertThat(base.status()).isEqualTo(403);
        assertThat(tuned.status()).isEqualTo(403);
        assertThat(tuned.text()).contains("model 'fraud'");
    }

    @Test
    void batchSaysWhichModelsItsRowsMayAsk() {
        String[] bearer =
                bearer(keys.create("embed", ", \"models\": [\"bge-*\"]").text());
        String form = """
                --cut
                Content-Disposition: form-data; name="purpose"

                batch
                --cut
                Content-Disposition: form-data; name="file"; filename="rows.jsonl"

                {}
                --cut--
                """.replace("\n", "\r\n");
        String file = http.send(http.request("/v1/files", bearer)
                        .header("Content-Type", "multipart/form-data; boundary=cut")
                        .POST(HttpRequest.BodyPublishers.ofString(form)))
                .json()
                .path("id")
                .asText();

        Http.Answer answer = http.post(
                "/v1/batches",
                "{\"input_file_id\": \"" + file
                        + "\", \"endpoint\": \"/v1/embeddings\", \"completion_window\": \"24h\"}",
                bearer);

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(ScriptedEmbedding.SUBMITTED)
                .filteredOn(request -> request.getInputFileId().equals(file))
                .singleElement()
                .satisfies(request -> assertThat(request.getAllowedModelsList()).containsExactly("bge-*"));
    }
}
