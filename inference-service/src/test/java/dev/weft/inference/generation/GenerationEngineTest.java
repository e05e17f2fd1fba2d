package dev.weft.inference.generation;

import static dev.weft.inference.generation.DecoderFixture.LIMITS;
import static dev.weft.inference.generation.DecoderFixture.REFERENCE;
import static dev.weft.inference.generation.DecoderFixture.finish;
import static dev.weft.inference.generation.DecoderFixture.greedy;
import static dev.weft.inference.generation.DecoderFixture.referenceText;
import static dev.weft.inference.generation.DecoderFixture.request;
import static dev.weft.inference.generation.DecoderFixture.tokens;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weft.inference.generation.DecoderFixture.Answer;
import dev.weft.inference.generation.Generation.End;
import dev.weft.inference.generation.GenerationEngine.Limits;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.Cancelled;
import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.Failure.ResourceExhausted;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.time.Deadline;
import dev.weft.testkit.OnnxGraph.Element;
import dev.weft.testkit.TinyDecoder;
import dev.weft.testkit.TinyWeights;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The prefill and decode loop around a real graph; what it must compute, {@link DecoderFixture#REFERENCE} computes too. */
class GenerationEngineTest {

    private static final List<Integer> PROMPT = tokens("Dear customer, ");
    private static final int BROKEN_TOKEN = TinyDecoder.VOCABULARY;

    @TempDir
    private Path folder;

    private DecoderFixture tiny;

    @BeforeEach
    void start() {
        tiny = new DecoderFixture(folder, LIMITS, Set.of());
    }

    @AfterEach
    void stop() {
        tiny.close();
    }

    private void restart(Limits limits, Set<Integer> endTokens) {
        tiny.close();
        tiny = new DecoderFixture(folder, limits, endTokens);
    }

    @Test
    void greedyAnswerIsThatOfTheReferenceLoop() {
        Answer answer = tiny.answer(greedy(PROMPT, 40));

        assertThat(answer.text()).isEqualTo(referenceText(PROMPT, 40)).hasSize(40);
        assertThat(answer.end()).isEqualTo(new End(FinishReason.LENGTH, PROMPT.size(), 40));
    }

    @Test
    void promptOfOneTokenNeedsNoPrefill() {
        assertThat(tiny.answer(greedy(List.of(65), 5)).text()).isEqualTo(referenceText(List.of(65), 5));
        assertThat(tiny.backend.prefills).hasValue(0);
    }

    @Test
    void longPromptIsReadInPieces() {
        List<Integer> prompt = tokens("x".repeat(50));

        assertThat(tiny.answer(greedy(prompt, 5)).text()).isEqualTo(referenceText(prompt, 5));
        assertThat(tiny.backend.prefills).as("49 tokens by 16").hasValue(4);
    }

    @Test
    void longPromptIsReadAtOnceWhereTheGraphCannotReadPieces() {
        TinyDecoder merged =
                new TinyDecoder(TinyWeights.random(42), Element.FLOAT, TinyDecoder.Positions.GIVEN, true, false);
        tiny.close();
        tiny = new DecoderFixture(merged, folder, LIMITS, Set.of());
        List<Integer> prompt = tokens("How do I block my card, and where do I find its number?");

        assertThat(tiny.answer(greedy(prompt, 20)).text()).isEqualTo(referenceText(prompt, 20));
        assertThat(tiny.backend.prefills).hasValue(1);
    }

    @Test
    void endTokenEndsTheAnswerAndIsNoPartOfIt() {
        List<Integer> free = REFERENCE.greedy(PROMPT, 30);
        int end = free.get(10);
        restart(LIMITS, Set.of(end));

        Answer answer = tiny.answer(greedy(PROMPT, 30));

        int length = free.indexOf(end);
        assertThat(answer.text()).isEqualTo(referenceText(PROMPT, length));
        assertThat(answer.end()).isEqualTo(new End(FinishReason.STOP, PROMPT.size(), length + 1));
    }

    @Test
    void stopStringEndsTheAnswerAndIsNoPartOfIt() {
        String free = referenceText(PROMPT, 30);
        String stop = free.substring(12, 17);

        Answer answer = tiny.answer(greedy(PROMPT, 30, "never", stop));

        assertThat(answer.text()).isEqualTo(free.substring(0, free.indexOf(stop)));
        assertThat(answer.end().reason()).isEqualTo(FinishReason.STOP);
    }

    @Test
    void beginningOfAStopStringIsTextAfterAllWhenTheAnswerEnds() {
        String free = referenceText(PROMPT, 20);

        Answer answer = tiny.answer(greedy(PROMPT, 20, free.substring(15) + "and more"));

        assertThat(answer.text()).isEqualTo(free);
        assertThat(answer.end().reason()).isEqualTo(FinishReason.LENGTH);
    }

    @Test
    void sequencesAreComputedTogether() {
        tiny.backend.shut();
        List<Generation> all = List.of(
                tiny.engine.submit(greedy(PROMPT, 20)),
                tiny.engine.submit(greedy(tokens("a"), 10)),
                tiny.engine.submit(greedy(tokens("some longer text than before"), 30)));
        tiny.backend.open();

        List<String> texts = all.stream().map(one -> finish(one).text()).toList();

        assertThat(texts)
                .containsExactly(
                        referenceText(PROMPT, 20),
                        referenceText(tokens("a"), 10),
                        referenceText(tokens("some longer text than before"), 30));
        assertThat(tiny.observer.largestStep).hasValueGreaterThan(1);
        await().untilAsserted(() -> assertThat(tiny.observer.finished).hasValue(3));
        assertThat(tiny.observer.tokens).hasValue(60);
        assertThat(tiny.observer.firstTokens).hasValue(3);
    }

    @Test
    void cachesAreCopiedOnlyWhenSomebodyJoinsOrLeaves() {
        tiny.answer(greedy(PROMPT, 40));

        assertThat(tiny.backend.gathers).hasValue(0);
    }

    @Test
    void rowsThatInfluenceEachOtherAreComputedApart() {
        tiny.backend.dependentRows = true;
        tiny.backend.shut();
        Generation first = tiny.engine.submit(greedy(PROMPT, 20));
        Generation second = tiny.engine.submit(greedy(tokens("b"), 20));
        tiny.backend.open();

        assertThat(finish(first).text()).isEqualTo(referenceText(PROMPT, 20));
        assertThat(finish(second).text()).isEqualTo(referenceText(tokens("b"), 20));
        assertThat(tiny.observer.largestStep).hasValue(1);
        assertThat(tiny.backend.gathers).hasValue(0);
    }

    @Test
    void sequenceThatTheGraphRefusesFailsAlone() {
        tiny.backend.shut();
        Generation good = tiny.engine.submit(greedy(PROMPT, 20));
        Generation badInPrefill = tiny.engine.submit(greedy(List.of(65, BROKEN_TOKEN, 65), 20));
        Generation badInStep = tiny.engine.submit(greedy(List.of(65, 65, BROKEN_TOKEN), 20));
        Generation alsoGood = tiny.engine.submit(greedy(tokens("c"), 20));
        tiny.backend.open();

        assertThatThrownBy(() -> finish(badInPrefill)).isInstanceOf(Failure.InvalidArgument.class);
        assertThatThrownBy(() -> finish(badInStep)).isInstanceOf(Failure.InvalidArgument.class);
        assertThat(finish(good).text()).isEqualTo(referenceText(PROMPT, 20));
        assertThat(finish(alsoGood).text()).isEqualTo(referenceText(tokens("c"), 20));
    }

    @Test
    void cancelledSequenceLeavesBetweenStepsAndTheOthersGoOn() {
        tiny.backend.shut();
        Generation stays = tiny.engine.submit(greedy(PROMPT, 30));
        Generation leaves = tiny.engine.submit(greedy(tokens("d"), 100));
        tiny.backend.let(5);
        await().untilAsserted(() -> assertThat(tiny.backend.arrivals).hasValue(6));

        leaves.close();
        tiny.backend.open();

        assertThat(finish(stays).text()).isEqualTo(referenceText(PROMPT, 30));
        await().untilAsserted(() -> assertThat(tiny.engine.running()).isZero());
        assertThat(tiny.backend.arrivals)
                .as("far fewer than the cancelled one's 100")
                .hasValueLessThan(60);
    }

    @Test
    void interruptedCallerCancels() throws InterruptedException {
        tiny.backend.shut();
        Generation generation = tiny.engine.submit(greedy(PROMPT, 30));
        CompletableFuture<Throwable> thrown = new CompletableFuture<>();
        Thread caller = Thread.ofVirtual().start(() -> {
            try {
                generation.next();
            } catch (RuntimeException e) {
                thrown.complete(e);
            }
        });

        caller.interrupt();
        caller.join();

        assertThat(thrown).isCompletedWithValueMatching(e -> e instanceof Cancelled);
        tiny.backend.open();
        await().untilAsserted(() -> assertThat(tiny.engine.running()).isZero());
    }

    @Test
    void expiredSequenceIsDroppedWhereverItIs() {
        tiny.backend.shut();
        GenerationRequest soon = new GenerationRequest(
                new long[] {65, 66}, SamplingOptions.greedy(), 50, List.of(), Deadline.after(Duration.ofMillis(50)));
        Generation running = tiny.engine.submit(soon);

        assertThatThrownBy(() -> finish(running)).isInstanceOf(DeadlineExceeded.class);
        tiny.backend.open();
        await().untilAsserted(() -> assertThat(tiny.engine.running()).isZero());
        assertThat(tiny.backend.arrivals).hasValue(1);
        assertThatThrownBy(() -> tiny.engine.submit(soon))
                .isInstanceOf(DeadlineExceeded.class)
                .hasMessageContaining("before model 'tiny' was asked");
    }

    @Test
    void fullQueueRefusesWithARetryHintAndEmptiesAgain() {
        restart(new Limits(1, 2_000, 2, 16), Set.of());
        tiny.backend.shut();
        Generation running = tiny.engine.submit(greedy(PROMPT, 5));
        await().untilAsserted(() -> assertThat(tiny.backend.arrivals).hasValue(1));
        Generation second = tiny.engine.submit(greedy(PROMPT, 5));
        Generation third = tiny.engine.submit(greedy(PROMPT, 5));

        assertThatThrownBy(() -> tiny.engine.submit(greedy(PROMPT, 5)))
                .isInstanceOfSatisfying(ResourceExhausted.class, e -> {
                    assertThat(e).hasMessage("queue of model 'tiny': 2 sequences waiting (expected: room)");
                    assertThat(e.retryAfter()).isPositive();
                });

        third.close();
        Generation fourth = tiny.engine.submit(greedy(PROMPT, 5));
        tiny.backend.open();
        assertThat(List.of(finish(running), finish(second), finish(fourth)))
                .extracting(Answer::text)
                .containsOnly(referenceText(PROMPT, 5));
        assertThat(tiny.observer.largestStep).hasValue(1);
    }

    @Test
    void sequencesWaitUntilTheCacheHasRoomForAllThatTheyMayNeed() {
        restart(new Limits(4, 100, 10, 16), Set.of());
        tiny.backend.shut();
        Generation first = tiny.engine.submit(greedy(PROMPT, 20)); // reserves 35
        Generation second = tiny.engine.submit(greedy(PROMPT, 20)); // 2 * 35 fit into 100
        Generation third = tiny.engine.submit(greedy(PROMPT, 20)); // 3 * 35 do not
        tiny.backend.open();

        assertThat(List.of(finish(first), finish(second), finish(third)))
                .extracting(Answer::text)
                .containsOnly(referenceText(PROMPT, 20));
        assertThat(tiny.observer.largestStep).hasValueLessThanOrEqualTo(2);
    }

    @Test
    void sameSeedGivesTheSameAnswerAndAnotherSeedAnother() {
        SamplingOptions seven = new SamplingOptions(1, 0.95, 0, 1, 0, 0, 7);
        SamplingOptions eight = new SamplingOptions(1, 0.95, 0, 1, 0, 0, 8);

        String once = tiny.answer(request(PROMPT, seven, 30)).text();

        assertThat(tiny.answer(request(PROMPT, seven, 30)).text()).isEqualTo(once);
        assertThat(tiny.answer(request(PROMPT, eight, 30)).text()).isNotEqualTo(once);
    }

    @Test
    void closedEngineFailsWhatIsUnfinished() {
        tiny.backend.shut();
        Generation running = tiny.engine.submit(greedy(PROMPT, 30));
        await().untilAsserted(() -> assertThat(tiny.backend.arrivals).hasValue(1));

        assertThat(tiny.engine.close(Duration.ofMillis(1)))
                .as("a step computes")
                .isFalse();
        tiny.backend.let(1);

        assertThatThrownBy(() -> finish(running)).isInstanceOf(Unavailable.class);
        assertThatThrownBy(() -> tiny.engine.submit(greedy(PROMPT, 5))).isInstanceOf(Unavailable.class);
    }
}
