package dev.weft.embedding.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.embedding.fixtures.ScriptedModels;
import dev.weft.protocol.embedding.v1.Collection;
import dev.weft.protocol.embedding.v1.CollectionsGrpc;
import dev.weft.protocol.embedding.v1.CollectionsGrpc.CollectionsBlockingStub;
import dev.weft.protocol.embedding.v1.Condition;
import dev.weft.protocol.embedding.v1.CountPointsRequest;
import dev.weft.protocol.embedding.v1.CreateCollectionRequest;
import dev.weft.protocol.embedding.v1.DeleteCollectionRequest;
import dev.weft.protocol.embedding.v1.DeletePointsRequest;
import dev.weft.protocol.embedding.v1.FetchPointsRequest;
import dev.weft.protocol.embedding.v1.Filter;
import dev.weft.protocol.embedding.v1.GetCollectionRequest;
import dev.weft.protocol.embedding.v1.ListCollectionsRequest;
import dev.weft.protocol.embedding.v1.Match;
import dev.weft.protocol.embedding.v1.MetadataValue;
import dev.weft.protocol.embedding.v1.Metric;
import dev.weft.protocol.embedding.v1.Operator;
import dev.weft.protocol.embedding.v1.Point;
import dev.weft.protocol.embedding.v1.PointIds;
import dev.weft.protocol.embedding.v1.QueryPointsRequest;
import dev.weft.protocol.embedding.v1.UpsertPointsRequest;
import dev.weft.protocol.embedding.v1.Vector;
import dev.weft.testkit.DatabaseResource;
import io.grpc.Deadline;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.junit.QuarkusTest;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Collections from the outside; {@link CollectionsServiceIT} runs the same against the packaged service. */
@QuarkusTest
@QuarkusTestResource(value = ScriptedModels.class, restrictToAnnotatedClass = true)
@QuarkusTestResource(value = DatabaseResource.class, initArgs = @ResourceArg(name = "schema", value = "embedding"))
class CollectionsServiceTest {

    private final String name = "c-" + UUID.randomUUID();
    private ManagedChannel channel =
            ManagedChannelBuilder.forTarget("127.0.0.1:1").build();

    @BeforeEach
    void connect() {
        channel.shutdownNow();
        channel = ManagedChannelBuilder.forAddress("127.0.0.1", ScriptedModels.grpcPort())
                .usePlaintext()
                .build();
    }

    @AfterEach
    void close() {
        channel.shutdownNow();
    }

    private CollectionsBlockingStub stub() {
        return CollectionsGrpc.newBlockingStub(channel).withDeadline(Deadline.after(30, TimeUnit.SECONDS));
    }

    private Collection create(String model, int dimension) {
        return stub().createCollection(CreateCollectionRequest.newBuilder()
                        .setName(name)
                        .setModel(model)
                        .setDimension(dimension)
                        .build())
                .getCollection();
    }

    private static Point text(String id, String text) {
        return Point.newBuilder()
                .setId(id)
                .setText(text)
                .putMetadata(
                        "length",
                        MetadataValue.newBuilder().setNumberValue(text.length()).build())
                .build();
    }

    private void upsert(Point... points) {
        stub().upsertPoints(UpsertPointsRequest.newBuilder()
                .setCollection(name)
                .addAllPoints(List.of(points))
                .build());
    }

    private List<Match> query(QueryPointsRequest.Builder query) {
        return stub().queryPoints(query.setCollection(name).build()).getMatchesList();
    }

    private static void assertRefused(Status.Code code, String message, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(code))
                .hasMessageContaining(message);
    }

    @Test
    void textsAreEmbeddedKeptAndFound() {
        Collection made = create("letters", 0);
        upsert(text("one", "aaab"), text("two", "bbba"), text("three", "hhh"));

        List<Match> matches =
                query(QueryPointsRequest.newBuilder().setText("aa").setTopK(2).setIncludeText(true));

        assertThat(made.getDimension()).isEqualTo(ScriptedModels.LETTERS.length());
        assertThat(made.getMetric()).isEqualTo(Metric.METRIC_COSINE);
        assertThat(made.getStore()).isEqualTo("embedded");
        assertThat(matches).extracting(match -> match.getPoint().getId()).containsExactly("one", "two");
        assertThat(matches.getFirst().getPoint().getText()).isEqualTo("aaab");
        assertThat(matches.getFirst().getPoint().getVectorCount()).isZero();
        assertThat(matches.getFirst().getScore()).isGreaterThan(0.9f);
        assertThat(matches.getFirst().hasRerankScore()).isFalse();
    }

    @Test
    void vectorsAreTakenAsTheyAreAndFilteredByMetadata() {
        create("", 2);
        upsert(
                Point.newBuilder().setId("east").addVector(1).addVector(0).build(),
                text("north", "north").toBuilder().addVector(0).addVector(1).build());
        Filter.Builder longer = Filter.newBuilder()
                .setCondition(Condition.newBuilder()
                        .setField("length")
                        .setOperator(Operator.OPERATOR_GTE)
                        .addValues(MetadataValue.newBuilder().setNumberValue(5)));

        List<Match> matches = query(QueryPointsRequest.newBuilder()
                .setVector(Vector.newBuilder().addValues(1).addValues(0))
                .setTopK(10)
                .setFilter(longer)
                .setIncludeVector(true)
                .setIncludeMetadata(true));

        assertThat(matches).extracting(match -> match.getPoint().getId()).containsExactly("north");
        assertThat(matches.getFirst().getPoint().getVectorList()).containsExactly(0f, 1f);
        assertThat(matches.getFirst().getPoint().getMetadataMap()).containsKey("length");
    }

    @Test
    void crossEncoderOrdersMatchesAnew() {
        create("letters", 0);
        upsert(text("first", "abc abc"), text("second", "abc lost card"), text("third", "abc card"));

        List<Match> matches = query(
                QueryPointsRequest.newBuilder().setText("lost card").setTopK(3).setRerankModel("overlap"));

        assertThat(matches).extracting(match -> match.getPoint().getId()).containsExactly("second", "third", "first");
        assertThat(matches.getFirst().getRerankScore()).isEqualTo(2);
        assertThat(matches.getFirst().getPoint().hasText()).isFalse();
    }

    @Test
    void pointsAreCountedFetchedAndDeleted() {
        create("letters", 0);
        upsert(text("one", "a"), text("two", "b"), text("three", "c"), text("one", "aa"));
        CountPointsRequest count =
                CountPointsRequest.newBuilder().setCollection(name).build();

        assertThat(stub().countPoints(count).getCount()).isEqualTo(3);
        assertThat(stub().fetchPoints(FetchPointsRequest.newBuilder()
                                .setCollection(name)
                                .addIds("three")
                                .addIds("nobody")
                                .addIds("one")
                                .addIds("three")
                                .setIncludeVector(true)
                                .build())
                        .getPointsList())
                .extracting(Point::getText)
                .containsExactly("c", "aa");
        assertThat(stub().deletePoints(DeletePointsRequest.newBuilder()
                                .setCollection(name)
                                .setIds(PointIds.newBuilder()
                                        .addIds("one")
                                        .addIds("one")
                                        .addIds("nobody"))
                                .build())
                        .getDeleted())
                .isEqualTo(1);
        assertThat(stub().deletePoints(DeletePointsRequest.newBuilder()
                                .setCollection(name)
                                .setAll(true)
                                .build())
                        .getDeleted())
                .isEqualTo(2);
        assertThat(stub().countPoints(count).getCount()).isZero();
    }

    @Test
    void collectionIsListedUntilItIsDeletedAndItsNameIsFreeThen() {
        create("letters", 0);
        upsert(text("one", "a"));

        assertThat(stub().listCollections(ListCollectionsRequest.getDefaultInstance())
                        .getCollectionsList())
                .extracting(Collection::getName)
                .contains(name);
        assertThat(stub().getCollection(
                                GetCollectionRequest.newBuilder().setName(name).build())
                        .getCollection()
                        .getModel())
                .isEqualTo("letters");
        assertRefused(Status.Code.ALREADY_EXISTS, name, () -> create("letters", 0));
        stub().deleteCollection(
                        DeleteCollectionRequest.newBuilder().setName(name).build());
        assertRefused(Status.Code.NOT_FOUND, name, () -> stub().getCollection(
                        GetCollectionRequest.newBuilder().setName(name).build()));
        create("letters", 0);
        assertThat(stub().countPoints(CountPointsRequest.newBuilder()
                                .setCollection(name)
                                .build())
                        .getCount())
                .isZero();
    }

    @Test
    void whatCannotBeMadeIsRefused() {
        assertRefused(Status.Code.INVALID_ARGUMENT, "name: 'Card'", () -> stub().createCollection(
                        CreateCollectionRequest.newBuilder()
                                .setName("Card")
                                .setDimension(3)
                                .build()));
        assertRefused(Status.Code.INVALID_ARGUMENT, "dimension: none", () -> create("", 0));
        assertRefused(Status.Code.INVALID_ARGUMENT, "dimension: 20001", () -> create("", 20_001));
        assertRefused(Status.Code.FAILED_PRECONDITION, "expected: 8", () -> create("letters", 9));
        assertRefused(Status.Code.NOT_FOUND, "nobody", () -> create("nobody", 0));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "expected: one of [embedded, pgvector, pinecone]",
                () -> stub().createCollection(CreateCollectionRequest.newBuilder()
                        .setName(name)
                        .setDimension(3)
                        .setStore("shelf")
                        .build()));
        assertRefused(Status.Code.FAILED_PRECONDITION, "no extension 'vector'", () -> stub().createCollection(
                        CreateCollectionRequest.newBuilder()
                                .setName(name)
                                .setDimension(3)
                                .setStore("pgvector")
                                .build()));
        // What failed half-way leaves the name free.
        create("letters", 0);
    }

    @Test
    void whatCannotBeKeptIsRefusedWhole() {
        create("letters", 0);

        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "vector of point 'two': 1 dimensions (expected: 8",
                () -> upsert(
                        text("one", "a"),
                        Point.newBuilder().setId("two").addVector(1).build()));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "text[1]: 612 tokens",
                () -> upsert(text("one", "a"), text("two", "toolong")));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "neither a vector nor a text",
                () -> upsert(Point.newBuilder().setId("two").build()));
        assertRefused(Status.Code.INVALID_ARGUMENT, "id: empty", () -> upsert(text("", "a")));
        assertRefused(Status.Code.INVALID_ARGUMENT, "points: none", () -> upsert());
        assertThat(stub().countPoints(CountPointsRequest.newBuilder()
                                .setCollection(name)
                                .build())
                        .getCount())
                .isZero();
    }

    @Test
    void whatCannotBeAskedIsRefused() {
        create("", 2);
        QueryPointsRequest.Builder near = QueryPointsRequest.newBuilder()
                .setVector(Vector.newBuilder().addValues(1).addValues(0));

        assertRefused(Status.Code.INVALID_ARGUMENT, "top_k: 0", () -> query(near.clone()));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "top_k: 1001",
                () -> query(near.clone().setTopK(1_001)));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "neither",
                () -> query(QueryPointsRequest.newBuilder().setTopK(1)));
        assertRefused(
                Status.Code.FAILED_PRECONDITION,
                "no model",
                () -> query(QueryPointsRequest.newBuilder().setText("a").setTopK(1)));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "filter: empty",
                () -> query(near.clone().setTopK(1).setFilter(Filter.getDefaultInstance())));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "rerank_model",
                () -> query(near.clone().setTopK(1).setRerankModel("overlap")));
        assertRefused(Status.Code.INVALID_ARGUMENT, "ids, filter, all: none", () -> stub().deletePoints(
                        DeletePointsRequest.newBuilder().setCollection(name).build()));
    }
}
