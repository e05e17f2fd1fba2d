package dev.weft.inference.provider;

import static dev.weft.inference.provider.ProviderFixture.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.inference.backend.RequestBackend;
import dev.weft.inference.tensor.Tensor;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.time.Deadline;
import dev.weft.testkit.ScriptedProvider;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProviderEmbeddingTest {

    private final ScriptedProvider provider = new ScriptedProvider();

    @AfterEach
    void stop() {
        provider.close();
    }

    @Test
    void vectorsAreInTheTextsOrder() {
        ProviderFixture fixture = new ProviderFixture("scripted", provider);

        List<Tensor> answer = answer(fixture.embedding(OptionalInt.empty()), "abba", "", "zz");

        Tensor.Numbers vectors = (Tensor.Numbers) answer.getFirst();
        assertThat(vectors.name()).isEqualTo("EMBEDDING");
        assertThat(vectors.shape().dims()).containsExactly(3L, (long) ScriptedProvider.DIMENSIONS);
        assertThat(row(vectors, 0)).isEqualTo(ScriptedProvider.letters("abba", ScriptedProvider.DIMENSIONS));
        assertThat(row(vectors, 2)).isEqualTo(ScriptedProvider.letters("zz", ScriptedProvider.DIMENSIONS));
        assertThat(counts(answer)).containsExactly(4, 0, 2);
        assertThat(fixture.tokens).hasValue(6);
    }

    @Test
    void manyTextsGoInBatches() {
        ProviderFixture fixture = new ProviderFixture("scripted", provider, "batch-size", "2");

        List<Tensor> answer = answer(fixture.embedding(OptionalInt.of(3)), "a", "bb", "ccc", "dddd", "eeeee");

        assertThat(provider.requests())
                .extracting(request -> request.body().path("input").size())
                .containsExactly(2, 2, 1);
        assertThat(provider.requests())
                .allMatch(request -> request.body().path("dimensions").asInt() == 3);
        assertThat(row((Tensor.Numbers) answer.getFirst(), 4)).containsExactly(0, 5, 0);
        assertThat(counts(answer)).containsExactly(1, 2, 3, 4, 5);
    }

    @Test
    void tokensAreEstimatedWhenNobodyCounts() {
        provider.fail(ScriptedProvider.status(200, "{\"data\": [{\"embedding\": [1, 2]}]}"));

        List<Tensor> answer =
                answer(new ProviderFixture("scripted", provider).embedding(OptionalInt.empty()), "12345678");

        assertThat(counts(answer)).containsExactly(2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"data\": []}",
                "{\"data\": [{\"index\": 1, \"embedding\": [1]}, {\"index\": 1, \"embedding\": [1]}]}",
                "{\"data\": [{\"index\": 2, \"embedding\": [1]}, {\"index\": 0, \"embedding\": [1]}]}",
                "{\"data\": [{\"index\": 0, \"embedding\": [1, 2]}, {\"index\": 1, \"embedding\": [1]}]}",
                "{\"data\": [{\"index\": 0, \"embedding\": []}, {\"index\": 1, \"embedding\": []}]}",
                "{\"data\": [{\"index\": 0, \"embedding\": [\"1\"]}, {\"index\": 1, \"embedding\": [1]}]}",
                "{\"data\": [{\"index\": 0, \"embedding\": \"AAAA\"}, {\"index\": 1, \"embedding\": [1]}]}",
            })
    void whatIsNotOneVectorForEachTextIsUnavailable(String body) {
        provider.fail(ScriptedProvider.status(200, body));
        RequestBackend embedding = new ProviderFixture("scripted", provider).embedding(OptionalInt.empty());

        assertThatThrownBy(() -> answer(embedding, "a", "b"))
                .isInstanceOf(Unavailable.class)
                .hasMessageContaining("embeddings");
    }

    private static List<Tensor> answer(RequestBackend embedding, String... texts) {
        return embedding.answer(texts("TEXT", texts), Map.of(), Deadline.after(Duration.ofSeconds(30)));
    }

    private static float[] row(Tensor.Numbers matrix, int row) {
        float[] values = new float[Math.toIntExact(matrix.shape().dims().get(1))];
        matrix.view().asFloatBuffer().get(row * values.length, values);
        return values;
    }

    private static long[] counts(List<Tensor> answer) {
        Tensor.Numbers counts = (Tensor.Numbers) answer.get(1);
        long[] values = new long[counts.shape().elements()];
        counts.view().asLongBuffer().get(values);
        return values;
    }
}
