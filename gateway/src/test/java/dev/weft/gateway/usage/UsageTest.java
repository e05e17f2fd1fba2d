package dev.weft.gateway.usage;

import static dev.weft.gateway.fixtures.KeyClient.admin;
import static dev.weft.gateway.fixtures.KeyClient.bearer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.gateway.fixtures.Http;
import dev.weft.gateway.fixtures.KeyClient;
import dev.weft.gateway.fixtures.KeyClient.MadeKey;
import dev.weft.gateway.fixtures.KeysProfile;
import dev.weft.gateway.fixtures.ScriptedInference;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.testkit.DatabaseResource;
import dev.weft.testkit.TestPostgres;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Usage from requests to sums; {@link UsageIT} runs the same against the packaged gateway. */
@QuarkusTest
@TestProfile(KeysProfile.class)
@QuarkusTestResource(ScriptedInference.class)
@QuarkusTestResource(value = DatabaseResource.class, initArgs = @ResourceArg(name = "schema", value = "gateway"))
class UsageTest {

    private static final String CHAT =
            "{\"model\": \"talk\", \"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]}";

    @TestHTTPResource
    private URI uri;

    private Http http;
    private KeyClient keys;
    private ManagedChannel channel;
    private MadeKey key = new MadeKey("", "");

    @BeforeEach
    void connect() {
        http = new Http(uri);
        keys = new KeyClient(http);
        channel = Grpc.newChannelBuilder(uri.getHost() + ":" + uri.getPort(), InsecureChannelCredentials.create())
                .build();
        await().atMost(Duration.ofSeconds(30)).ignoreExceptions().until(() -> {
            key = keys.create("infer");
            return true;
        });
    }

    @AfterEach
    void disconnect() {
        channel.shutdownNow();
    }

    private int embed(String model) {
        return http.post("/v1/embeddings", "{\"model\": \"" + model + "\", \"input\": \"rent\"}", bearer(key.text()))
                .status();
    }

    private GRPCInferenceServiceBlockingStub stub() {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + key.text());
        return GRPCInferenceServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    private List<JsonNode> usage(String parameters, String... headers) {
        List<JsonNode> sums = new ArrayList<>();
        http.get("/api/v1/usage" + parameters, headers).json().get("usage").forEach(sums::add);
        return sums;
    }

    private List<JsonNode> own(String groupBy) {
        return usage("?group_by=" + groupBy, bearer(key.text()));
    }

    /** Numbers of a sum, in the order of the answer. */
    private static String numbers(JsonNode sum) {
        return List.of("requests", "errors", "rows", "prompt_tokens", "completion_tokens", "compute_ms", "cost")
                .stream()
                .map(field -> sum.get(field).asText())
                .collect(Collectors.joining(" "));
    }

    private Map<String, String> byModel() {
        return own("model").stream()
                .collect(Collectors.toMap(sum -> sum.get("model").asText(), UsageTest::numbers));
    }

    @Test
    void whatRequestsTookIsAddedUpByModel() {
        for (int i = 0; i < 3; i++) {
            assertThat(embed("embed")).isEqualTo(200);
        }
        http.post("/v1/chat/completions", CHAT, bearer(key.text()));
        http.post("/v1/chat/completions", CHAT.replace("}]", "}], \"stream\": true"), bearer(key.text()));
        stub().modelInfer(ModelInferRequest.newBuilder().setModelName("echo").build());

        await().untilAsserted(() -> assertThat(byModel())
                .isEqualTo(Map.of(
                        "embed", "3 0 3 15 0 3.9 3.75E-5",
                        "talk", "2 0 2 6 8 0.0 0",
                        "echo", "1 0 1 5 0 1.3 0")));
    }

    @Test
    void failuresOfModelsAreErrorsAndUnknownModelsAreNothing() {
        embed("full");
        embed("nowhere");
        Throwable broken = catchThrowable(() -> stub().modelInfer(
                        ModelInferRequest.newBuilder().setModelName("broken").build()));
        Throwable unknown = catchThrowable(() -> stub().modelInfer(
                        ModelInferRequest.newBuilder().setModelName("nowhere").build()));
        http.post("/v1/chat/completions", CHAT.replace("talk", "nowhere"), bearer(key.text()));
        http.post(
                "/v1/chat/completions",
                CHAT.replace("talk", "breaks").replace("}]", "}], \"stream\": true"),
                bearer(key.text()));

        assertThat(List.of(broken, unknown)).doesNotContainNull();
        await().untilAsserted(() -> assertThat(byModel())
                .isEqualTo(Map.of(
                        "full", "1 1 0 0 0 0.0 0",
                        "broken", "1 1 0 0 0 0.0 0",
                        "breaks", "1 1 1 0 1 0.0 0")));
    }

    @Test
    void sumsAreToldApartByWhatIsAskedFor() {
        embed("embed");
        await().untilAsserted(() -> assertThat(own("key")).hasSize(1));

        JsonNode all = own("key,model,backend,hour").getFirst();
        assertThat(all.get("key").asText()).isEqualTo(key.id());
        assertThat(all.get("name").asText()).isEqualTo("test");
        assertThat(all.get("backend").asText()).isEqualTo("default");
        Instant hour = Instant.parse(all.get("time").asText());
        assertThat(hour.getEpochSecond() % 3_600).isZero();
        assertThat(Instant.parse(own("day").getFirst().get("time").asText()).getEpochSecond() % 86_400)
                .isZero();
        assertThat(own("model").getFirst().has("key")).isFalse();
        assertThat(usage("?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z", bearer(key.text())))
                .isEmpty();
    }

    @Test
    void keySeesItsOwnUsageAndAdministratorsSeeAll() {
        MadeKey first = key;
        embed("embed");
        key = keys.create("infer");
        embed("embed");

        await().untilAsserted(() -> assertThat(usage("?group_by=key", admin()).stream()
                        .map(sum -> sum.get("key").asText()))
                .contains(first.id(), key.id()));
        assertThat(own("key"))
                .singleElement()
                .satisfies(sum -> assertThat(sum.get("key").asText()).isEqualTo(key.id()));
    }

    @ParameterizedTest
    @CsvSource({
        "?group_by=owner, group_by: 'owner'",
        "'?group_by=hour,day', group_by: hour and day",
        "?from=yesterday, from: 'yesterday'",
        "?from=2027-01-02T00:00:00Z&to=2027-01-01T00:00:00Z, from: 2027-01-02T00:00:00Z",
    })
    void questionThatCannotBeAnsweredIsRefused(String parameters, String message) {
        Http.Answer answer = http.get("/api/v1/usage" + parameters, admin());

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.json().get("detail").asText()).startsWith(message);
    }

    @Test
    void nothingIsLostWhileTheDatabaseIsAway() {
        for (int i = 0; i < 5; i++) {
            embed("embed");
        }
        TestPostgres.stop();
        try {
            for (int i = 0; i < 20; i++) {
                assertThat(embed("embed")).isEqualTo(200);
            }
        } finally {
            TestPostgres.start();
        }
        for (int i = 0; i < 5; i++) {
            embed("embed");
        }

        await().atMost(Duration.ofSeconds(40))
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(byModel().get("embed")).startsWith("30 0 30 150 "));
    }

    @Test
    void metricsTellUsageByModelAndNotByKey() {
        embed("embed");

        await().untilAsserted(
                        () -> assertThat(http.get("/q/metrics", admin()).text().lines())
                                .anyMatch(line -> line.startsWith("weft_gateway_tokens_total{")
                                        && line.contains("kind=\"prompt\"")
                                        && line.contains("model=\"embed\"")
                                        && line.contains("backend=\"default\""))
                                .noneMatch(line -> line.contains(key.id())));
    }
}
