package dev.weft.inference.generation;

import static dev.weft.inference.generation.DecoderFixture.LIMITS;
import static dev.weft.inference.generation.DecoderFixture.REFERENCE;
import static dev.weft.inference.generation.DecoderFixture.finish;
import static dev.weft.inference.generation.DecoderFixture.request;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.inference.generation.DecoderFixture.Answer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.io.TempDir;

/** Whoever joins and leaves, and whenever: an answer is what it would have been alone. */
class ContinuousBatchingPropertyTest {

    private static final int SEQUENCES = 24;

    @TempDir
    private Path folder;

    @RepeatedTest(2)
    void answerInABatchIsTheAnswerAlone() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        List<GenerationRequest> requests = IntStream.range(0, SEQUENCES)
                .mapToObj(_ -> randomRequest(random))
                .toList();
        try (DecoderFixture tiny = new DecoderFixture(folder, LIMITS, Set.of((int) 'e'))) {
            List<Answer> alone = requests.stream().map(tiny::answer).toList();

            List<Answer> together = new ArrayList<>();
            tiny.backend.shut();
            List<Generation> running = new ArrayList<>();
            for (GenerationRequest request : requests) {
                Generation generation = tiny.engine.submit(request);
                if (random.nextInt(5) == 0) {
                    tiny.engine.submit(randomRequest(random)).close(); // one that leaves at once
                }
                running.add(generation);
                tiny.backend.let(random.nextInt(4));
            }
            Generation leaver = tiny.engine.submit(randomRequest(random));
            tiny.backend.let(random.nextInt(20));
            leaver.close();
            tiny.backend.open();
            running.forEach(generation -> together.add(finish(generation)));

            assertThat(together).as("seed %d", seed).isEqualTo(alone);
            assertThat(tiny.observer.largestStep).as("seed %d", seed).hasValueGreaterThan(1);
            for (int i = 0; i < SEQUENCES; i++) {
                if (requests.get(i).sampling().temperature() == 0) {
                    assertThat(together.get(i).text()).as("seed %d", seed).isEqualTo(expected(requests.get(i)));
                }
            }
        }
    }

    private static GenerationRequest randomRequest(Random random) {
        List<Integer> prompt =
                random.ints(1 + random.nextInt(40), 32, 127).boxed().toList();
        SamplingOptions sampling = random.nextBoolean()
                ? SamplingOptions.greedy()
                : new SamplingOptions(
                        0.5 + random.nextDouble(),
                        0.5 + random.nextDouble() / 2,
                        random.nextInt(50),
                        1,
                        random.nextDouble(),
                        random.nextDouble(),
                        random.nextLong());
        return request(prompt, sampling, 1 + random.nextInt(60));
    }

    /** Up to the end token, which here is the letter e. */
    private static String expected(GenerationRequest request) {
        List<Integer> prompt = java.util.Arrays.stream(request.prompt())
                .mapToInt(token -> (int) token)
                .boxed()
                .toList();
        List<Integer> greedy = REFERENCE.greedy(prompt, request.maxTokens());
        int end = greedy.indexOf((int) 'e');
        return DecoderFixture.text((end < 0 ? greedy : greedy.subList(0, end))
                .stream().mapToLong(Integer::longValue).toArray());
    }
}
