package dev.weft.inference.provider;

import static dev.weft.inference.provider.ProviderFixture.texts;
import static dev.weft.inference.provider.ProviderFixture.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weft.inference.backend.RequestBackend;
import dev.weft.inference.tensor.Tensor;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.Cancelled;
import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.ResourceExhausted;
import dev.weft.kit.error.Failure.TooLarge;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.time.Deadline;
import dev.weft.testkit.ScriptedProvider;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What becomes of requests when a provider is not as it should be. */
class ProviderClientTest {

    private final ScriptedProvider provider = new ScriptedProvider();

    @AfterEach
    void stop() {
        provider.close();
    }

    @Test
    void passingFaultsAreTriedAgain() {
        provider.fail(
                ScriptedProvider.status(429, "{\"error\": {\"message\": \"slow down\"}}", "retry-after-ms", "2"),
                ScriptedProvider.status(503, "<html>", "Retry-After", "0"));

        assertThat(value(ask("scripted"), "TEXT")).isEqualTo("You said: hi");
        assertThat(provider.requests()).hasSize(3);
    }

    @Test
    void brokenConnectionIsTriedAgain() {
        provider.fail(ScriptedProvider.hangUp());

        assertThat(value(ask("scripted"), "TEXT")).isEqualTo("You said: hi");
    }

    static Stream<Arguments> lasting() {
        return Stream.of(
                Arguments.of(
                        400, "{\"error\": {\"message\": \"no such voice\"}}", InvalidArgument.class, "no such voice"),
                Arguments.of(422, "{\"message\": \"too odd\"}", InvalidArgument.class, "too odd"),
                Arguments.of(413, "", TooLarge.class, "413"),
                Arguments.of(401, "{\"error\": {\"message\": \"sk-secret\"}}", FailedPrecondition.class, "api-key"),
                Arguments.of(403, "{}", FailedPrecondition.class, "api-key"),
                Arguments.of(402, "{\"error\": \"pay first\"}", FailedPrecondition.class, "pay first"),
                Arguments.of(404, "{\"error\": {\"message\": \"no model\"}}", FailedPrecondition.class, "no model"),
                Arguments.of(307, "", FailedPrecondition.class, "base-url"),
                Arguments.of(
                        429,
                        "{\"error\": {\"message\": \"no money\", \"code\": \"insufficient_quota\"}}",
                        ResourceExhausted.class,
                        "no money"));
    }

    @ParameterizedTest
    @MethodSource("lasting")
    void lastingRefusalsAreNotTriedAgain(int status, String body, Class<? extends Failure> failure, String message) {
        provider.fail(ScriptedProvider.status(status, body, "Location", provider.baseUrl() + "/elsewhere"));

        assertThatThrownBy(() -> ask("scripted"))
                .isInstanceOf(failure)
                .hasMessageContaining("provider 'scripted'")
                .hasMessageContaining(message)
                .hasMessageNotContaining("sk-secret");
        assertThat(provider.requests()).hasSize(1);
    }

    @Test
    void providerThatStaysAwayIsGivenUp() {
        provider.fail(
                ScriptedProvider.status(500, "{}"),
                ScriptedProvider.status(502, "{}"),
                ScriptedProvider.status(529, "{\"error\": {\"message\": \"overloaded\"}}"));

        assertThatThrownBy(() -> ask("scripted"))
                .isInstanceOf(Unavailable.class)
                .hasMessageContaining("529: overloaded");
        assertThat(provider.requests()).hasSize(3);
    }

    @Test
    void whoIsToWaitForLongIsToldSo() {
        provider.fail(ScriptedProvider.status(429, "{}", "Retry-After", "3600"));

        assertThatThrownBy(() -> ask("scripted"))
                .isInstanceOfSatisfying(ResourceExhausted.class, full -> assertThat(full.retryAfter())
                        .isEqualTo(Duration.ofHours(1)));
        assertThat(provider.requests()).hasSize(1);
    }

    @Test
    void nobodyThereIsUnavailable() {
        provider.close();

        assertThatThrownBy(() -> ask("scripted")).isInstanceOf(Unavailable.class);
    }

    @Test
    void silenceEnds() {
        provider.fail(ScriptedProvider.silence(""), ScriptedProvider.silence(ScriptedProvider.event("{}")));

        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> ask("scripted", "answer-timeout", "100ms"))
                    .isInstanceOf(Unavailable.class)
                    .hasMessageContaining("silent");
        }
        assertThat(provider.requests()).hasSize(2);
    }

    @Test
    void deadlineEnds() {
        provider.fail(ScriptedProvider.silence(""), ScriptedProvider.silence(ScriptedProvider.event("{}")));
        RequestBackend chat = new ProviderFixture("scripted", provider).chat();

        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> chat.answer(texts("TEXT", "hi"), Map.of(), Deadline.after(Duration.ofMillis(200))))
                    .isInstanceOf(DeadlineExceeded.class);
        }
    }

    @Test
    void clientThatGoesAwayEndsIt() throws Exception {
        provider.fail(ScriptedProvider.silence(""));
        RequestBackend chat = new ProviderFixture("scripted", provider).chat();
        CompletableFuture<Throwable> failed = new CompletableFuture<>();
        Thread asking = Thread.ofVirtual().start(() -> {
            try {
                chat.answer(texts("TEXT", "hi"), Map.of(), deadline());
            } catch (Failure e) {
                failed.complete(e);
            }
        });
        await().until(() -> provider.requests().size() == 1);

        asking.interrupt();

        assertThat(failed).succeedsWithin(10, TimeUnit.SECONDS).isInstanceOf(Cancelled.class);
    }

    @Test
    void turnsAreBoundedAndGivenBack() throws Exception {
        provider.fail(ScriptedProvider.silence(""));
        RequestBackend chat =
                new ProviderFixture("scripted", provider, "max-concurrent", "1", "queue-wait", "1ms").chat();
        FutureTask<List<Tensor>> first = new FutureTask<>(
                () -> chat.answer(texts("TEXT", "hi"), Map.of(), Deadline.after(Duration.ofSeconds(2))));
        Thread.ofVirtual().start(first);
        await().until(() -> provider.requests().size() == 1);

        assertThatThrownBy(() -> chat.answer(texts("TEXT", "hi"), Map.of(), deadline()))
                .isInstanceOf(ResourceExhausted.class)
                .hasMessageContaining("max-concurrent");
        assertThatThrownBy(first::get).hasCauseInstanceOf(DeadlineExceeded.class);
        assertThat(value(chat.answer(texts("TEXT", "hi"), Map.of(), deadline()), "TEXT"))
                .isEqualTo("You said: hi");
    }

    @Test
    void noMoreWaitThanHaveATurn() throws Exception {
        provider.fail(ScriptedProvider.silence(""));
        RequestBackend chat =
                new ProviderFixture("scripted", provider, "max-concurrent", "1", "queue-wait", "30s").chat();
        FutureTask<List<Tensor>> first = new FutureTask<>(
                () -> chat.answer(texts("TEXT", "hi"), Map.of(), Deadline.after(Duration.ofSeconds(5))));
        Thread.ofVirtual().start(first);
        await().until(() -> provider.requests().size() == 1);
        FutureTask<List<Tensor>> second =
                new FutureTask<>(() -> chat.answer(texts("TEXT", "second"), Map.of(), deadline()));
        Thread waiting = Thread.ofVirtual().start(second);
        await().until(() -> waiting.getState() == Thread.State.TIMED_WAITING);

        assertThatThrownBy(() -> chat.answer(texts("TEXT", "third"), Map.of(), deadline()))
                .isInstanceOf(ResourceExhausted.class);
        assertThat(value(second.get(), "TEXT")).isEqualTo("You said: second");
    }

    @Test
    void wrongKeyIsNotRepeated() {
        assertThatThrownBy(() -> ask("scripted", "api-key", "sk-another"))
                .isInstanceOf(FailedPrecondition.class)
                .hasMessageContaining("weft.inference.providers.scripted.api-key")
                .hasMessageNotContaining("sk-");
    }

    private List<Tensor> ask(String name, String... settings) {
        return new ProviderFixture(name, provider, settings).chat().answer(texts("TEXT", "hi"), Map.of(), deadline());
    }

    private static Deadline deadline() {
        return Deadline.after(Duration.ofSeconds(30));
    }
}
