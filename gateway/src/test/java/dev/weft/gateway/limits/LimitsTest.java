package dev.weft.gateway.limits;

import static dev.weft.gateway.fixtures.KeyClient.bearer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.weft.gateway.fixtures.Http;
import dev.weft.gateway.fixtures.Http.Answer;
import dev.weft.gateway.fixtures.KeyClient;
import dev.weft.gateway.fixtures.KeyClient.MadeKey;
import dev.weft.gateway.fixtures.KeysProfile;
import dev.weft.gateway.fixtures.ScriptedInference;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import dev.weft.protocol.inference.ModelInferRequest;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Limits of keys; {@link LimitsIT} runs the same against the packaged gateway. */
@QuarkusTest
@TestProfile(KeysProfile.class)
@QuarkusTestResource(ScriptedInference.class)
class LimitsTest {

    private static final String EMBED = "{\"model\": \"embed\", \"input\": \"rent\"}";
    private static final String ROW =
            "{\"inputs\": [{\"name\": \"TEXT\", \"shape\": [1], \"datatype\": \"BYTES\", \"data\": [\"rent\"]}]}";
    private static final String SLOW = "{\"model\": \"slow\", \"input\": \"rent\"}";
    private static final String CHAT =
            "{\"model\": \"talk\", \"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]}";

    @TestHTTPResource
    private URI uri;

    private Http http;
    private KeyClient keys;
    private ManagedChannel channel;

    @BeforeEach
    void connect() {
        http = new Http(uri);
        keys = new KeyClient(http);
        channel = Grpc.newChannelBuilder(uri.getHost() + ":" + uri.getPort(), InsecureChannelCredentials.create())
                .build();
    }

    @AfterEach
    void disconnect() {
        channel.shutdownNow();
    }

    private MadeKey limited(String limits) {
        return keys.create("infer", ", \"limits\": {" + limits + "}");
    }

    private GRPCInferenceServiceBlockingStub stub(MadeKey key) {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + key.text());
        return GRPCInferenceServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    private static ModelInferRequest request(String model) {
        return ModelInferRequest.newBuilder().setModelName(model).build();
    }

    private CompletableFuture<HttpResponse<Void>> slow(MadeKey key) {
        return http.client()
                .sendAsync(
                        http.request("/v1/embeddings", bearer(key.text()))
                                .POST(HttpRequest.BodyPublishers.ofString(SLOW))
                                .build(),
                        HttpResponse.BodyHandlers.discarding());
    }

    @Test
    void requestsOverTheRateAreRefusedAndToldWhenToComeAgain() {
        String[] bearer =
                bearer(limited("\"requests_per_second\": 0.01, \"burst\": 2").text());

        Answer first = http.post("/v1/embeddings", EMBED, bearer);
        Answer second = http.post("/v1/embeddings", EMBED, bearer);
        Answer third = http.post("/v1/embeddings", EMBED, bearer);

        assertThat(first.status()).isEqualTo(200);
        assertThat(first.header("RateLimit-Limit")).isEqualTo("2");
        assertThat(first.header("RateLimit-Remaining")).isEqualTo("1");
        assertThat(first.header("x-ratelimit-remaining-requests")).isEqualTo("1");
        assertThat(second.header("RateLimit-Remaining")).isEqualTo("0");
        assertThat(third.status()).isEqualTo(429);
        assertThat(third.json().at("/error/code").asText()).isEqualTo("rate_limit_exceeded");
        assertThat(Long.parseLong(third.header("Retry-After"))).isBetween(50L, 100L);
        assertThat(third.header("RateLimit-Remaining")).isEqualTo("0");
    }

    @Test
    void keyWithoutLimitsIsToldNone() {
        Answer answer =
                http.post("/v1/embeddings", EMBED, bearer(keys.create("infer").text()));

        assertThat(answer.header("RateLimit-Limit")).isEmpty();
    }

    @Test
    void tokensOfAnswersCountForWhatComesNext() {
        MadeKey key = limited("\"tokens_per_minute\": 6");
        String[] bearer = bearer(key.text());

        Answer first = http.post("/v1/chat/completions", CHAT, bearer);
        assertThat(first.status()).isEqualTo(200);
        await().untilAsserted(() -> assertThat(
                        http.post("/v1/chat/completions", CHAT, bearer).status())
                .isEqualTo(429));

        StatusRuntimeException refused = catchThrowableOfType(
                StatusRuntimeException.class, () -> stub(key).modelInfer(request("echo")));
        assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(String.valueOf(refused.getTrailers())).contains("retry-after-ms=");
    }

    @Test
    void tokensOfPassedOnCallsCountAsInferenceServiceTellsThem() {
        MadeKey key = limited("\"tokens_per_minute\": 5");

        stub(key).modelInfer(request("echo"));

        StatusRuntimeException refused = catchThrowableOfType(
                StatusRuntimeException.class, () -> stub(key).modelInfer(request("echo")));
        assertThat(refused.getStatus().getDescription()).startsWith("limit of this key: 5 tokens per minute");
    }

    @Test
    void keyWhoseTokensOfTheMonthAreUsedUpRunsNoModelUntilItsBudgetIsRaised() {
        MadeKey key = limited("\"tokens_per_month\": 1");
        String[] bearer = bearer(key.text());
        assertThat(http.post("/v1/embeddings", EMBED, bearer).status()).isEqualTo(200);

        Answer refused = http.post("/v1/embeddings", EMBED, bearer);
        StatusRuntimeException passedOn = catchThrowableOfType(
                StatusRuntimeException.class, () -> stub(key).modelInfer(request("echo")));

        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.json().at("/error/code").asText()).isEqualTo("insufficient_quota");
        assertThat(refused.json().at("/error/message").asText()).contains("of 1 tokens");
        assertThat(refused.header("x-should-retry")).isEqualTo("false");
        assertThat(passedOn.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(passedOn.getStatus().getDescription()).startsWith("budget of this key");
        assertThat(http.get("/api/v1/usage", bearer).status()).isEqualTo(200);
        keys.change(key, "{\"limits\": {\"tokens_per_month\": 1000000}}");
        assertThat(http.post("/v1/embeddings", EMBED, bearer).status()).isEqualTo(200);
    }

    @Test
    void costThatIsUsedUpRefusesModelsWithAPriceAndFallingBackToThem() {
        String[] admin = bearer(KeysProfile.ADMIN);
        assertThat(http.post("/api/v1/models", "{\"name\": \"failing\"}", admin).status())
                .isIn(201, 409);
        String serving = "{\"serving\": {\"fallbacks\": [\"embed\"]}}";
        assertThat(http.send(http.request("/api/v1/models/failing", admin)
                                .method("PATCH", HttpRequest.BodyPublishers.ofString(serving)))
                        .status())
                .isEqualTo(200);
        MadeKey key = limited("\"cost_per_month\": 0.000001");
        String[] bearer = bearer(key.text());
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> assertThat(
                        http.post("/v2/models/failing/infer", ROW, bearer).header("X-Weft-Backend"))
                .isEqualTo("embed"));

        Answer refused = http.post("/v1/embeddings", EMBED, bearer);
        Answer fellBack = http.post("/v2/models/failing/infer", ROW, bearer);
        Answer free = http.post("/v2/models/echo/infer", ROW, bearer);

        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.json().at("/error/message").asText()).contains("model 'embed' has a price");
        assertThat(fellBack.status()).isGreaterThanOrEqualTo(500);
        assertThat(fellBack.header("X-Weft-Tried")).contains("embed (ResourceExhausted");
        assertThat(free.status()).isEqualTo(200);
    }

    @Test
    void noMoreRequestsRunAtATimeThanTheKeyMay() {
        MadeKey key = limited("\"concurrent\": 1");
        CompletableFuture<HttpResponse<Void>> running = slow(key);
        await().untilAsserted(() -> assertThat(
                        http.post("/v1/embeddings", EMBED, bearer(key.text())).status())
                .isEqualTo(429));
        StatusRuntimeException refused = catchThrowableOfType(
                StatusRuntimeException.class, () -> stub(key).modelInfer(request("echo")));

        running.cancel(true);

        assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> assertThat(
                        http.post("/v1/embeddings", EMBED, bearer(key.text())).status())
                .isEqualTo(200));
    }

    @Test
    void placeOfAPassedOnCallIsFreeWhenItsClientGivesUp() {
        MadeKey key = limited("\"concurrent\": 1");

        StatusRuntimeException expired = catchThrowableOfType(
                StatusRuntimeException.class,
                () -> stub(key).withDeadlineAfter(200, TimeUnit.MILLISECONDS).modelInfer(request("slow")));

        assertThat(expired.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        await().untilAsserted(() ->
                assertThat(stub(key).modelInfer(request("echo")).getModelName()).isEqualTo("echo"));
    }

    @Test
    void requestThatCallsItselfGrpcCountsAsWhatItsPathSays() {
        MadeKey key = limited("\"concurrent\": 1, \"requests_per_second\": 0.01, \"burst\": 4");
        for (int i = 0; i < 3; i++) {
            Answer answer = http.post(
                    "/v1/embeddings",
                    EMBED,
                    "Authorization",
                    "Bearer " + key.text(),
                    "Content-Type",
                    "application/grpc");
            assertThat(answer.status()).isNotEqualTo(429);
        }

        Answer plain = http.post("/v1/embeddings", EMBED, bearer(key.text()));

        assertThat(plain.status()).isEqualTo(200);
        assertThat(plain.header("RateLimit-Remaining")).isEqualTo("0");
    }

    @Test
    void changedLimitsHoldAtOnce() {
        MadeKey key = limited("\"requests_per_second\": 0.01, \"burst\": 1");
        http.post("/v1/embeddings", EMBED, bearer(key.text()));

        keys.change(key, "{\"limits\": null}");

        assertThat(http.post("/v1/embeddings", EMBED, bearer(key.text())).status())
                .isEqualTo(200);
    }
}
