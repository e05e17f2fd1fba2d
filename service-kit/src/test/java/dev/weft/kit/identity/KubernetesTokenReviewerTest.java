package dev.weft.kit.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.kit.identity.TokenReviewer.Invalid;
import dev.weft.kit.identity.TokenReviewer.NoAnswer;
import dev.weft.kit.identity.TokenReviewer.Review;
import dev.weft.kit.identity.TokenReviewer.Valid;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reviews by an API server that does as it is told. */
class KubernetesTokenReviewerTest {

    private record Asked(String path, String authorization, JsonObject body) {}

    private final Vertx vertx = Vertx.vertx();
    private final BlockingQueue<Asked> asked = new LinkedBlockingQueue<>(100);
    private HttpServer server = vertx.createHttpServer();
    private Consumer<HttpServerRequest> script = request -> {};

    @BeforeEach
    void listen() throws Exception {
        server = server.requestHandler(this::serve)
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
    }

    @AfterEach
    void close() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    private void serve(HttpServerRequest request) {
        request.bodyHandler(body -> {
            asked.add(new Asked(
                    String.valueOf(request.path()),
                    String.valueOf(request.getHeader("authorization")),
                    new JsonObject(body)));
            script.accept(request);
        });
    }

    private static Consumer<HttpServerRequest> answers(int status, String body) {
        return request -> request.response().setStatusCode(status).end(body);
    }

    private static String status(String json) {
        return "{\"apiVersion\": \"authentication.k8s.io/v1\", \"kind\": \"TokenReview\", \"status\": " + json + "}";
    }

    private Review review(Duration timeout) throws Exception {
        TokenReviewer reviewer = new KubernetesTokenReviewer(
                vertx,
                URI.create("http://127.0.0.1:" + server.actualPort()),
                "weft",
                timeout,
                FollowedFile.constant("own-token"),
                FollowedFile.constant(""));
        return reviewer.review("their-token").get(20, TimeUnit.SECONDS);
    }

    private Review review() throws Exception {
        return review(Duration.ofSeconds(15));
    }

    @Test
    void validTokenTellsWhoseItIs() throws Exception {
        script = answers(
                201,
                status("{\"authenticated\": true, \"audiences\": [\"weft\"],"
                        + " \"user\": {\"username\": \"system:serviceaccount:weft:gateway\"}}"));

        assertThat(review()).isEqualTo(new Valid("system:serviceaccount:weft:gateway"));
        Asked request = asked.poll(10, TimeUnit.SECONDS);
        assertThat(request).isNotNull();
        assertThat(request.path()).isEqualTo("/apis/authentication.k8s.io/v1/tokenreviews");
        assertThat(request.authorization()).isEqualTo("Bearer own-token");
        assertThat(request.body().getJsonObject("spec"))
                .isEqualTo(new JsonObject("{\"token\": \"their-token\", \"audiences\": [\"weft\"]}"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"authenticated\": false, \"error\": \"token has expired\"}",
                "{\"user\": {\"username\": \"system:serviceaccount:weft:gateway\"}}",
                "{}"
            })
    void tokenThatIsNotAuthenticatedIsInvalid(String status) throws Exception {
        script = answers(201, status(status));

        assertThat(review()).isInstanceOf(Invalid.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ", \"audiences\": []", ", \"audiences\": [\"https://kubernetes.default.svc\"]"})
    void tokenThatIsMeantForOthersIsInvalid(String audiences) throws Exception {
        script = answers(
                201,
                status("{\"authenticated\": true" + audiences
                        + ", \"user\": {\"username\": \"system:serviceaccount:weft:gateway\"}}"));

        assertThat(review()).isEqualTo(new Invalid("its audience is not weft"));
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 403})
    void serverThatDoesNotLetUsAskIsToldWhatToGrant(int status) throws Exception {
        script = answers(status, "{\"kind\": \"Status\"}");

        assertThat(review()).isInstanceOfSatisfying(NoAnswer.class, no -> assertThat(no.why())
                .contains("HTTP " + status, "system:auth-delegator"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "no JSON", "[]", "{\"status\": 1}", "{\"status\": {\"authenticated\": \"yes\"}}"})
    void nonsenseIsNoAnswer(String body) throws Exception {
        script = answers(201, body);

        assertThat(review()).isInstanceOf(NoAnswer.class);
    }

    @Test
    void brokenServerGivesNoAnswer() throws Exception {
        script = answers(500, "oops");

        assertThat(review()).isInstanceOfSatisfying(NoAnswer.class, no -> assertThat(no.why())
                .contains("HTTP 500"));
    }

    @Test
    void serverThatIsSilentIsGivenUp() throws Exception {
        Review review = review(Duration.ofMillis(200));

        assertThat(review).isInstanceOfSatisfying(NoAnswer.class, no -> assertThat(no.why())
                .contains("200"));
    }

    @Test
    void connectionThatBreaksIsNoAnswer() throws Exception {
        script = request -> request.connection().close();

        assertThat(review()).isInstanceOf(NoAnswer.class);
    }

    @Test
    void answerThatBreaksOffIsNoAnswer() throws Exception {
        script = request -> {
            request.response().putHeader("content-length", "1000");
            request.response().write("{\"status\": ");
            request.connection().close();
        };

        assertThat(review()).isInstanceOf(NoAnswer.class);
    }

    @Test
    void endlessAnswerIsNotRead() throws Exception {
        script = request -> request.response().end(Buffer.buffer(new byte[300_000]));

        assertThat(review()).isInstanceOfSatisfying(NoAnswer.class, no -> assertThat(no.why())
                .contains("262144 bytes"));
    }

    @Test
    void nobodyThereIsNoAnswer() throws Exception {
        server.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);

        assertThat(review()).isInstanceOf(NoAnswer.class);
    }
}
