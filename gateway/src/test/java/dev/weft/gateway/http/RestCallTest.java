package dev.weft.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.gateway.fixtures.Http;
import dev.weft.gateway.fixtures.ScriptedInference;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Deadlines, cancellation and request ids of REST requests; {@link RestCallIT} runs the same against the packaged gateway. */
@QuarkusTest
@QuarkusTestResource(ScriptedInference.class)
class RestCallTest {

    private static final String INPUT =
            "{\"inputs\": [{\"name\": \"X\", \"shape\": [1], \"datatype\": \"INT8\", \"data\": [1]}]}";

    @TestHTTPResource
    private URI uri;

    private Http http;

    @BeforeEach
    void connect() {
        http = new Http(uri);
        ScriptedInference.CANCELLED.clear();
        ScriptedInference.REMAINING_MILLIS.clear();
    }

    @Test
    void timeoutOfTheClientBoundsTheWork() {
        Http.Answer answer = http.post("/v2/models/slow/infer", INPUT, "X-Request-Timeout-Ms", "300");

        assertThat(answer.status()).isEqualTo(504);
        assertThat(answer.json().get("error").asText()).contains("deadline");
        assertThat(ScriptedInference.REMAINING_MILLIS.poll()).isBetween(1L, 300L);
        await().untilAsserted(() -> assertThat(ScriptedInference.CANCELLED).hasSize(1));
    }

    @Test
    void workWithoutATimeoutIsBoundedByTheDefault() {
        CompletableFuture<HttpResponse<Void>> request = slowRequest();

        await().untilAsserted(
                        () -> assertThat(ScriptedInference.REMAINING_MILLIS).isNotEmpty());
        request.cancel(true);

        assertThat(ScriptedInference.REMAINING_MILLIS.poll()).isBetween(30_000L, 60_000L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-5", "soon", "99999999"})
    void timeoutOutOfRangeIsRefused(String timeout) {
        Http.Answer answer = http.post("/v2/models/echo/infer", INPUT, "X-Request-Timeout-Ms", timeout);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.json().get("error").asText())
                .isEqualTo("X-Request-Timeout-Ms: '" + timeout + "' (expected: 1 to 600000 ms)");
    }

    @Test
    void clientThatGoesAwayCancelsTheWork() {
        CompletableFuture<HttpResponse<Void>> request = slowRequest();
        await().untilAsserted(
                        () -> assertThat(ScriptedInference.REMAINING_MILLIS).isNotEmpty());

        request.cancel(true);

        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(ScriptedInference.CANCELLED).isNotEmpty());
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(http.get("/q/metrics").text())
                        .as("the thread that waited has gone on")
                        .contains("weft_gateway_requests_total{model=\"slow\",operation=\"ModelInfer\","
                                + "outcome=\"CANCELLED\",protocol=\"v2\"}"));
    }

    private CompletableFuture<HttpResponse<Void>> slowRequest() {
        return http.client()
                .sendAsync(
                        http.request("/v2/models/slow/infer")
                                .POST(HttpRequest.BodyPublishers.ofString(INPUT))
                                .build(),
                        HttpResponse.BodyHandlers.discarding());
    }

    @Test
    void requestIdTravelsToTheServiceAndBack() {
        Http.Answer answer = http.post("/v2/models/echo/infer", INPUT, "X-Request-Id", "trace-7f");

        assertThat(answer.header("X-Request-Id")).isEqualTo("trace-7f");
        await().untilAsserted(() -> assertThat(ScriptedInference.REQUEST_IDS).contains("trace-7f"));
    }

    @Test
    void requestWithoutIdGetsOne() {
        assertThat(http.get("/v2").header("X-Request-Id")).matches("[0-9a-f]{16}");
    }

    @Test
    void metricsAndOpenApiAreServed() {
        http.post("/v2/models/echo/infer", INPUT);
        http.post("/v2/models/nobody-knows-this/infer", INPUT);

        String metrics = http.get("/q/metrics").text();
        assertThat(metrics)
                .contains(
                        "weft_gateway_requests_total{model=\"echo\",operation=\"ModelInfer\",outcome=\"OK\",protocol=\"v2\"}")
                .contains("weft_gateway_request_duration_seconds_bucket")
                .contains("model=\"unknown\"")
                .doesNotContain("nobody-knows-this");
        String openApi = http.get("/q/openapi?format=json").text();
        assertThat(openApi).contains("/v1/embeddings", "/v2/models/{model}/infer", "How do I block my card?");
    }
}
