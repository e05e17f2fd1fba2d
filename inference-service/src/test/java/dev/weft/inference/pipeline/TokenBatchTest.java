package dev.weft.inference.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class TokenBatchTest {

    @RepeatedTest(50)
    void splitKeepsEveryRowOnceAndTheBudget() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        int budget = 16 + random.nextInt(500);
        List<TokenizedText> texts = new ArrayList<>();
        for (int i = 0; i < 1 + random.nextInt(300); i++) {
            int length = 1 + random.nextInt(64);
            texts.add(new TokenizedText(new long[length], new long[length]));
        }

        List<TokenBatch> batches = TokenBatch.split(texts, budget);

        assertThat(batches.stream()
                        .flatMap(batch -> batch.rows().stream())
                        .sorted()
                        .toList())
                .as("seed %d", seed)
                .isEqualTo(IntStream.range(0, texts.size()).boxed().toList());
        for (TokenBatch batch : batches) {
            assertThat(batch.width())
                    .isEqualTo(batch.texts().stream()
                            .mapToInt(TokenizedText::length)
                            .max()
                            .orElseThrow());
            assertThat(batch.size() == 1 || batch.size() * batch.width() <= budget)
                    .as("seed %d", seed)
                    .isTrue();
            for (int i = 0; i < batch.size(); i++) {
                assertThat(batch.texts().get(i)).isSameAs(texts.get(batch.rows().get(i)));
            }
        }
    }

    @Test
    void rowOverTheBudgetGoesAlone() {
        List<TokenizedText> texts = List.of(
                new TokenizedText(new long[5], new long[5]),
                new TokenizedText(new long[100], new long[100]),
                new TokenizedText(new long[5], new long[5]));

        List<TokenBatch> batches = TokenBatch.split(texts, 10);

        assertThat(batches).extracting(TokenBatch::rows).containsExactly(List.of(0, 2), List.of(1));
    }
}
