package dev.weft.gateway.usage;

import static dev.weft.gateway.fixtures.KeyClient.bearer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.gateway.fixtures.Http;
import dev.weft.gateway.fixtures.KeyClient;
import dev.weft.gateway.fixtures.KeyClient.MadeKey;
import dev.weft.gateway.fixtures.KeysProfile;
import dev.weft.gateway.fixtures.ScriptedEmbedding;
import dev.weft.gateway.fixtures.ScriptedInference;
import dev.weft.protocol.embedding.v1.BatchUsage;
import dev.weft.testkit.DatabaseResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.net.URI;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Models that embedding-service asks for a key's requests, and for its batches, are that key's usage; {@link UsageOnBehalfIT} runs the same against the
 * packaged gateway.
 */
@QuarkusTest
@TestProfile(KeysProfile.class)
@QuarkusTestResource(ScriptedInference.class)
@QuarkusTestResource(ScriptedEmbedding.class)
@QuarkusTestResource(value = DatabaseResource.class, initArgs = @ResourceArg(name = "schema", value = "gateway"))
class UsageOnBehalfTest {

    private static final String QUERY = "/api/v1/collections/help/query";
    private static final String BY_TEXT = "{\"text\": \"rent\", \"top_k\": 1}";

    @TestHTTPResource
    private URI uri;

    private Http http;
    private KeyClient keys;

    @BeforeEach
    void connect() {
        http = new Http(uri);
        keys = new KeyClient(http);
    }

    private Map<String, String> usage(MadeKey key) {
        Map<String, String> sums = new LinkedHashMap<>();
        for (JsonNode sum : http.get("/api/v1/usage?group_by=model,backend", bearer(key.text()))
                .json()
                .get("usage")) {
            sums.put(
                    sum.get("model").asText() + " " + sum.get("backend").asText(),
                    sum.get("requests").asText() + " " + sum.get("errors").asText() + " "
                            + sum.get("rows").asText() + " "
                            + sum.get("prompt_tokens").asText() + " "
                            + sum.get("compute_ms").asText() + " "
                            + sum.get("cost").asText());
        }
        return sums;
    }

    private static BatchUsage batchUsage(MadeKey key, String model, Instant hour) {
        return BatchUsage.newBuilder()
                .setOwner(key.id())
                .setModel(model)
                .setHourMs(hour.toEpochMilli())
                .setRequests(1_000)
                .setErrors(2)
                .setRows(998)
                .setPromptTokens(9_000)
                .setComputeUs(4_000_000)
                .build();
    }

    @Test
    void modelsThatACollectionAsksAreTheCallers() {
        MadeKey key = keys.create("embed");

        http.post(QUERY, BY_TEXT, bearer(key.text()));
        http.post(QUERY, BY_TEXT.replace("}", ", \"rerank_model\": \"ranker\"}"), bearer(key.text()));
        http.post(QUERY, "{\"vector\": [1, 0], \"top_k\": 1}", bearer(key.text()));

        await().untilAsserted(() -> assertThat(usage(key))
                .containsOnly(
                        Map.entry("embed collections", "2 0 2 10 2.6 2.5E-5"),
                        Map.entry("ranker collections", "1 0 50 900 40.0 0")));
    }

    @Test
    void batchesAreTheirOwnersOnceHoweverOftenTheyAreDelivered() {
        MadeKey key = keys.create("embed");
        Instant hour = Instant.now().truncatedTo(ChronoUnit.HOURS);

        ScriptedEmbedding.USAGE.add(batchUsage(key, "embed", hour));
        ScriptedEmbedding.USAGE.add(batchUsage(key, "other", hour));
        ScriptedEmbedding.USAGE.add(batchUsage(key, "embed", hour));

        await().untilAsserted(() -> assertThat(usage(key))
                .containsOnly(
                        Map.entry("embed batches", "2000 4 1996 18000 8000.0 0.045"),
                        Map.entry("other batches", "1000 2 998 9000 4000.0 0")));
    }

    @Test
    void budgetThatBatchesHaveUsedUpIsUsedUpForCollections() {
        MadeKey key = keys.create("embed", ", \"limits\": {\"cost_per_month\": 0.01}");
        assertThat(http.post(QUERY, BY_TEXT, bearer(key.text())).status()).isEqualTo(200);

        ScriptedEmbedding.USAGE.add(batchUsage(key, "embed", Instant.now().truncatedTo(ChronoUnit.HOURS)));

        await().untilAsserted(() -> assertThat(
                        http.post(QUERY, BY_TEXT, bearer(key.text())).status())
                .isEqualTo(429));
        assertThat(http.post(QUERY, BY_TEXT, bearer(key.text())).text()).contains("budget of this key", "'embed'");
        assertThat(http.post(QUERY, "{\"vector\": [1, 0], \"top_k\": 1}", bearer(key.text()))
                        .status())
                .isEqualTo(200);
    }
}
