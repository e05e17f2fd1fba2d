package dev.weft.embedding.vectorstore.pinecone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.embedding.vectorstore.Filter;
import dev.weft.embedding.vectorstore.Include;
import dev.weft.embedding.vectorstore.Metadata;
import dev.weft.embedding.vectorstore.MetadataValue.Text;
import dev.weft.embedding.vectorstore.Metric;
import dev.weft.embedding.vectorstore.Point;
import dev.weft.embedding.vectorstore.VectorQuery;
import dev.weft.embedding.vectorstore.VectorSpace;
import dev.weft.embedding.vectorstore.VectorStore;
import dev.weft.embedding.vectorstore.VectorStoreContract;
import dev.weft.embedding.vectorstore.Vectors;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.ResourceExhausted;
import dev.weft.kit.error.Failure.TooLarge;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.time.Deadline;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PineconeVectorStoreTest extends VectorStoreContract {

    private static final VectorSpace SPACE = new VectorSpace(7, 3, Metric.COSINE);

    private final ScriptedPinecone pinecone;
    private final PineconeVectorStore store;

    PineconeVectorStoreTest() throws Exception {
        pinecone = new ScriptedPinecone();
        store = store(ScriptedPinecone.KEY);
    }

    private PineconeVectorStore store(String key) {
        PineconeConfig config = PineconeConfigTest.config(
                "api-key", key,
                "control-url", pinecone.uri().toString(),
                "request-timeout", "2s",
                "attempts", "3",
                "pause", "1ms");
        PineconeClient client = new PineconeClient(config);
        return new PineconeVectorStore(client, new PineconeIndexes(config, client));
    }

    @Override
    protected VectorStore store() {
        return store;
    }

    @AfterEach
    void close() throws Exception {
        pinecone.close();
    }

    private static Point point(String id) {
        return new Point(id, new float[] {1, 0, 0}, null, Metadata.EMPTY);
    }

    private static VectorQuery query() {
        return new VectorQuery(new float[] {1, 0, 0}, 3, Filter.all(), null, Include.NOTHING);
    }

    @Test
    void indexIsMadeOnceAndWaitedFor() {
        pinecone.becomeReadyAfter(2);

        store.create(SPACE, soon());
        store.create(new VectorSpace(8, 3, Metric.COSINE), soon());

        assertThat(pinecone.requests())
                .startsWith("GET /indexes/weft-3-cosine", "POST /indexes", "GET /indexes/weft-3-cosine")
                .containsOnlyOnce("POST /indexes");
    }

    @Test
    void largeUpsertGoesInPartsThatPineconeTakes() {
        VectorSpace space = new VectorSpace(9, 768, Metric.COSINE);
        store.create(space, soon());

        store.upsert(space, new Vectors(768, 1).points(700), soon());

        assertThat(pinecone.upsertSizes()).hasSizeGreaterThan(2);
        assertThat(store.count(space, soon())).isEqualTo(700);
    }

    @Test
    void manyIdsAreFetchedInParts() {
        store.create(SPACE, soon());
        List<String> ids = Stream.iterate(0, number -> number + 1)
                .limit(250)
                .map(number -> "payment " + number + "/" + "x".repeat(200))
                .toList();
        store.upsert(SPACE, ids.stream().map(PineconeVectorStoreTest::point).toList(), soon());

        assertThat(store.fetch(SPACE, ids, false, soon())).extracting(Point::id).containsExactlyElementsOf(ids);
    }

    static Stream<Arguments> passingFaults() {
        return Stream.of(
                Arguments.of("429", ScriptedPinecone.tooMany(0)),
                Arguments.of("500", ScriptedPinecone.status(500, "{\"code\": 13, \"message\": \"oops\"}")),
                Arguments.of("503 that is no JSON", ScriptedPinecone.status(503, "<html>")),
                Arguments.of("200 that is no JSON", ScriptedPinecone.status(200, "<html>")),
                Arguments.of("an answer that is cut", ScriptedPinecone.cut()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("passingFaults")
    void faultThatPassesIsNotNoticed(String name, ScriptedPinecone.Fault fault) {
        assertThat(name).isNotEmpty();
        store.create(SPACE, soon());
        store.upsert(SPACE, List.of(point("a")), soon());

        pinecone.fail(fault, fault);

        assertThat(store.query(SPACE, query(), soon())).hasSize(1);
    }

    static Stream<Arguments> lastingFaults() {
        return Stream.of(
                Arguments.of(ScriptedPinecone.tooMany(0), ResourceExhausted.class),
                Arguments.of(ScriptedPinecone.status(500, ""), Unavailable.class),
                Arguments.of(ScriptedPinecone.cut(), Unavailable.class));
    }

    @ParameterizedTest
    @MethodSource("lastingFaults")
    void faultThatLastsIsToldAfterTheLastAttempt(ScriptedPinecone.Fault fault, Class<? extends Failure> expected) {
        store.create(SPACE, soon());
        int before = pinecone.requests().size();
        pinecone.fail(fault, fault, fault, fault, fault);

        assertThatThrownBy(() -> store.query(SPACE, query(), soon())).isInstanceOf(expected);

        assertThat(pinecone.requests().size() - before).isEqualTo(3);
    }

    static Stream<Arguments> refusals() {
        return Stream.of(
                Arguments.of(400, "{\"code\": 3, \"message\": \"bad filter\"}", InvalidArgument.class, "bad filter"),
                Arguments.of(401, "", FailedPrecondition.class, "api-key"),
                Arguments.of(
                        402, "{\"status\": 402, \"error\": {\"message\": \"pay\"}}", FailedPrecondition.class, "pay"),
                Arguments.of(403, "", FailedPrecondition.class, "api-key"),
                Arguments.of(413, "", TooLarge.class, "413"));
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void refusalIsToldAtOnce(int status, String body, Class<? extends Failure> expected, String told) {
        store.create(SPACE, soon());
        int before = pinecone.requests().size();
        pinecone.fail(ScriptedPinecone.status(status, body));

        assertThatThrownBy(() -> store.query(SPACE, query(), soon()))
                .isInstanceOf(expected)
                .hasMessageContaining(told)
                .hasMessageNotContaining(ScriptedPinecone.KEY);

        assertThat(pinecone.requests().size() - before).isEqualTo(1);
    }

    @Test
    void silentServerIsGivenUpAtTheDeadline() {
        store.create(SPACE, soon());
        pinecone.fail(ScriptedPinecone.silence(), ScriptedPinecone.silence());

        assertThatThrownBy(() -> store.query(SPACE, query(), Deadline.after(Duration.ofMillis(300))))
                .isInstanceOf(DeadlineExceeded.class);
    }

    @Test
    void silentRequestIsMadeAgain() {
        store.create(SPACE, soon());
        store.upsert(SPACE, List.of(point("a")), soon());
        pinecone.fail(ScriptedPinecone.silence());

        assertThat(store.query(SPACE, query(), soon())).hasSize(1);
    }

    @Test
    void longerWaitThanTheDeadlineIsNotBegun() {
        store.create(SPACE, soon());
        pinecone.fail(ScriptedPinecone.tooMany(3_600));

        assertThatThrownBy(() -> store.query(SPACE, query(), soon()))
                .isInstanceOfSatisfying(ResourceExhausted.class, failure -> assertThat(failure.retryAfter())
                        .isEqualTo(Duration.ofHours(1)));
    }

    @Test
    void wrongKeyIsToldWithoutIt() {
        assertThatThrownBy(() -> store("pcsk_wrong").create(SPACE, soon()))
                .isInstanceOf(FailedPrecondition.class)
                .hasMessageContaining("weft.embedding.pinecone.api-key")
                .hasMessageNotContaining("pcsk_wrong");
    }

    @Test
    void missingKeyIsTold() {
        PineconeConfig config =
                PineconeConfigTest.config("control-url", pinecone.uri().toString());
        PineconeClient client = new PineconeClient(config);

        assertThatThrownBy(() ->
                        new PineconeVectorStore(client, new PineconeIndexes(config, client)).create(SPACE, soon()))
                .isInstanceOf(FailedPrecondition.class)
                .hasMessageContaining("weft.embedding.pinecone.api-key");
        assertThat(pinecone.requests()).isEmpty();
    }

    @Test
    void fieldOfOurOwnIsRefused() {
        store.create(SPACE, soon());

        assertThatThrownBy(() -> store.upsert(
                        SPACE,
                        List.of(new Point(
                                "a", new float[] {1, 0, 0}, null, new Metadata(Map.of("_weft_text", new Text("x"))))),
                        soon()))
                .isInstanceOf(InvalidArgument.class)
                .hasMessageContaining("_weft_text");
    }
}
