package dev.weft.embedding.embedder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.embedding.fixtures.ScriptedModels;
import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.Failure.Internal;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.NotFound;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.rpc.RequestId;
import dev.weft.kit.time.Deadline;
import dev.weft.protocol.inference.ModelInferRequest;
import io.grpc.Context;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.validator.BeanValidationConfigValidatorImpl;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class GrpcEmbedderTest {

    private final ScriptedModels server = new ScriptedModels();
    private InferenceConfig config = config("weft.embedding.inference.target", "127.0.0.1:1");
    private TextModels models = connected(config);

    private static InferenceConfig config(String... settings) {
        SmallRyeConfigBuilder builder = new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withMapping(InferenceConfig.class)
                .withValidator(new BeanValidationConfigValidatorImpl());
        for (int i = 0; i < settings.length; i += 2) {
            builder.withDefaultValue(settings[i], settings[i + 1]);
        }
        return builder.build().getConfigMapping(InferenceConfig.class);
    }

    private static TextModels connected(InferenceConfig config) {
        return new TextModels(
                config, Grpc.newChannelBuilder(config.target(), InsecureChannelCredentials.create()), List.of());
    }

    private InferenceConfig ofServer() {
        return config;
    }

    private InferenceConfig configOfServer() {
        return config("weft.embedding.inference.target", server.target(), "weft.embedding.inference.max-rows", "4");
    }

    @BeforeEach
    void start() {
        server.start();
        models.close();
        config = configOfServer();
        models = connected(config);
    }

    @AfterEach
    void stop() {
        models.close();
        server.stop();
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(20));
    }

    private List<float[]> embed(String model, List<String> texts) {
        return new GrpcEmbedder(models, ofServer()).embed(model, texts, Priority.BATCH, soon());
    }

    @Test
    void manyTextsGoInSeveralRequestsAndComeBackInOrder() {
        List<String> texts = IntStream.range(0, 10).mapToObj("a"::repeat).toList();

        List<float[]> vectors = embed("letters", texts);

        assertThat(vectors).hasSize(10);
        for (int i = 0; i < 10; i++) {
            assertThat(vectors.get(i)[0]).isEqualTo(i);
        }
        assertThat(server.requests())
                .extracting(request -> request.getInputs(0).getShape(0))
                .containsExactly(4L, 4L, 2L);
    }

    @Test
    void noTextsAskNobody() {
        assertThat(embed("letters", List.of())).isEmpty();
        assertThat(server.requests()).isEmpty();
    }

    @Test
    void requestCarriesPriorityAndRequestId() throws Exception {
        Context.current()
                .withValue(RequestId.CONTEXT, new RequestId("from-the-client"))
                .call(() -> embed("letters", List.of("a")));

        ModelInferRequest request = server.requests().getFirst();
        assertThat(request.getParametersOrThrow("priority").getStringParam()).isEqualTo("batch");
        assertThat(server.requestIds()).containsExactly("from-the-client");
    }

    @Test
    void textThatIsTooLongIsNamedByItsNumberAmongAll() {
        assertThatThrownBy(() -> embed("letters", List.of("a", "b", "c", "d", "e", "toolong")))
                .isInstanceOf(InvalidArgument.class)
                .hasMessage("text[5]: 612 tokens (expected: at most 512)");
    }

    @Test
    void unknownModelIsNotFound() {
        assertThatThrownBy(() -> embed("nobody", List.of("a"))).isInstanceOf(NotFound.class);
    }

    @Test
    void modelForSomethingElseIsNoEmbedder() {
        assertThatThrownBy(() -> new GrpcReranker(models).score("letters", "a", List.of("a"), soon()))
                .isInstanceOf(Internal.class)
                .hasMessageContaining("SCORE");
    }

    @Test
    void silentModelIsGivenUpAtTheDeadline() {
        assertThatThrownBy(() -> new GrpcEmbedder(models, ofServer())
                        .embed("slow", List.of("a"), Priority.INTERACTIVE, Deadline.after(Duration.ofMillis(200))))
                .isInstanceOf(DeadlineExceeded.class);
    }

    @Test
    void nobodyThereIsUnavailable() {
        server.stop();

        assertThatThrownBy(() -> embed("letters", List.of("a"))).isInstanceOf(Unavailable.class);
    }

    @Test
    void rerankerScoresEachText() {
        float[] scores =
                new GrpcReranker(models).score("overlap", "lost card", List.of("rent", "a lost card", "card"), soon());

        assertThat(scores).containsExactly(0, 2, 1);
        assertThat(server.requests().getFirst().getParametersOrThrow("truncate").getBoolParam())
                .isTrue();
    }

    @Test
    void defaultsOfTheConfiguration() {
        InferenceConfig config = config();

        assertThat(config.target()).isEqualTo("127.0.0.1:8081");
        assertThat(config.maxRows()).isEqualTo(256);
        assertThat(config.maxMessage().asLongValue()).isEqualTo(65L << 20);
    }

    @Test
    void misspeltKeyAndValueOutOfItsRangeAreRefused() {
        assertThatThrownBy(() -> config("weft.embedding.inference.targets", "x"))
                .isInstanceOf(ConfigValidationException.class);
        assertThatThrownBy(() -> config("weft.embedding.inference.max-rows", "0"))
                .isInstanceOf(ConfigValidationException.class);
    }
}
