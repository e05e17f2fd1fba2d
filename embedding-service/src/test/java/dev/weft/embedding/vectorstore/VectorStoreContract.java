package dev.weft.embedding.vectorstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.weft.embedding.vectorstore.Filter.And;
import dev.weft.embedding.vectorstore.Filter.Compare;
import dev.weft.embedding.vectorstore.Filter.Comparison;
import dev.weft.embedding.vectorstore.Filter.Exists;
import dev.weft.embedding.vectorstore.Filter.In;
import dev.weft.embedding.vectorstore.Filter.Not;
import dev.weft.embedding.vectorstore.Filter.Or;
import dev.weft.embedding.vectorstore.MetadataValue.Flag;
import dev.weft.embedding.vectorstore.MetadataValue.Numeric;
import dev.weft.embedding.vectorstore.MetadataValue.Text;
import dev.weft.embedding.vectorstore.MetadataValue.Texts;
import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.time.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What every vector store keeps. An adapter's test extends it, and adds its own wire and faults. */
public abstract class VectorStoreContract {

    private static final float[] CARD = {1, 0, 0};
    private static final float[] RENT = {0, 1, 0};
    private static final float[] LOAN = {0, 0, 1};

    protected abstract VectorStore store();

    protected static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(30));
    }

    private VectorSpace space(Metric metric) {
        VectorSpace space = new VectorSpace(ThreadLocalRandom.current().nextInt(1, 1_000_000_000), 3, metric);
        store().create(space, soon());
        return space;
    }

    private static Point point(String id, float[] vector, Map<String, MetadataValue> metadata) {
        return new Point(id, vector, "text of " + id, new Metadata(metadata));
    }

    private static VectorQuery near(float[] vector, int topK) {
        return new VectorQuery(vector, topK, Filter.all(), null, Include.EVERYTHING);
    }

    private List<String> ids(VectorSpace space, float[] vector, Filter filter, @Nullable Float threshold) {
        return store().query(space, new VectorQuery(vector, 10, filter, threshold, Include.NOTHING), soon()).stream()
                .map(match -> match.point().id())
                .toList();
    }

    private VectorSpace three(Metric metric) {
        VectorSpace space = space(metric);
        store().upsert(
                        space,
                        List.of(
                                point("card", CARD, Map.of("kind", new Text("card"), "amount", new Numeric(10))),
                                point(
                                        "rent",
                                        RENT,
                                        Map.of(
                                                "kind", new Text("transfer"),
                                                "amount", new Numeric(20.5),
                                                "open", new Flag(true),
                                                "tags", new Texts(List.of("home", "monthly")))),
                                point("loan", LOAN, Map.of("amount", new Numeric(30), "open", new Flag(false)))),
                        soon());
        return space;
    }

    @Test
    void emptySpaceHasNothing() {
        VectorSpace space = space(Metric.COSINE);

        assertThat(store().query(space, near(CARD, 3), soon())).isEmpty();
        assertThat(store().count(space, soon())).isZero();
        assertThat(store().fetch(space, List.of("card"), true, soon())).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Metric.class)
    void nearestComesFirstWithItsScore(Metric metric) {
        VectorSpace space = three(metric);
        float[] query = {0.6f, 0.5f, 0.1f};

        List<Match> matches = store().query(space, near(query, 2), soon());

        assertThat(matches).extracting(match -> match.point().id()).containsExactly("card", "rent");
        assertThat(matches.getFirst().score()).isCloseTo((float) Vectors.score(metric, query, CARD), within(1e-5f));
        assertThat(matches.getLast().score()).isCloseTo((float) Vectors.score(metric, query, RENT), within(1e-5f));
    }

    @Test
    void whatIsIncludedIsWhole() {
        VectorSpace space = three(Metric.EUCLIDEAN);

        Point found = store().query(space, near(RENT, 1), soon()).getFirst().point();
        Point bare = store().query(space, new VectorQuery(RENT, 1, Filter.all(), null, Include.NOTHING), soon())
                .getFirst()
                .point();

        assertThat(found.vector()).containsExactly(RENT);
        assertThat(found.text()).isEqualTo("text of rent");
        assertThat(found.metadata().fields())
                .containsOnly(
                        Map.entry("kind", new Text("transfer")),
                        Map.entry("amount", new Numeric(20.5)),
                        Map.entry("open", new Flag(true)),
                        Map.entry("tags", new Texts(List.of("home", "monthly"))));
        assertThat(bare.vector()).isEmpty();
        assertThat(bare.text()).isNull();
        assertThat(bare.metadata()).isEqualTo(Metadata.EMPTY);
    }

    @Test
    void scanTellsEveryPointOncePartByPart() {
        VectorSpace space = space(Metric.COSINE);
        List<Point> points = IntStream.range(0, 250)
                .mapToObj(i -> point("p" + i, CARD, Map.of("number", new Numeric(i))))
                .toList();
        store().upsert(space, points, soon());
        store().upsert(space, List.of(new Point("bare", RENT, null, Metadata.EMPTY)), soon());
        store().delete(space, new Selection.Ids(List.of("p7")), soon());

        List<Point> seen = new ArrayList<>();
        String cursor = "";
        do {
            VectorStore.Scan part = store().scan(space, cursor, 40, soon());
            assertThat(part.points()).hasSizeLessThanOrEqualTo(40);
            seen.addAll(part.points());
            cursor = part.next();
        } while (!cursor.isEmpty());

        assertThat(seen)
                .hasSize(250)
                .extracting(Point::id)
                .doesNotHaveDuplicates()
                .contains("bare", "p249");
        assertThat(seen)
                .filteredOn(point -> point.id().equals("p12"))
                .singleElement()
                .satisfies(point -> {
                    assertThat(point.text()).isEqualTo("text of p12");
                    assertThat(point.vector()).isEmpty();
                    assertThat(point.metadata().get("number")).isEqualTo(new Numeric(12));
                });
        assertThat(store().scan(space(Metric.COSINE), "", 40, soon()).points()).isEmpty();
    }

    @Test
    void vectorsComeBackAsTheyWereGiven() {
        VectorSpace space = space(Metric.COSINE);
        float[] vector = {3, -4.25f, 1e-20f};
        store().upsert(space, List.of(new Point("a", vector, null, Metadata.EMPTY)), soon());

        Point fetched = store().fetch(space, List.of("a"), true, soon()).getFirst();

        assertThat(fetched.vector()).containsExactly(vector);
        assertThat(fetched.text()).isNull();
    }

    @Test
    void fetchKeepsTheOrderAndLeavesOutWhatIsNotThere() {
        VectorSpace space = three(Metric.COSINE);

        List<Point> fetched = store().fetch(space, List.of("loan", "nobody", "card"), false, soon());

        assertThat(fetched).extracting(Point::id).containsExactly("loan", "card");
        assertThat(fetched.getFirst().vector()).isEmpty();
    }

    static Stream<Arguments> filters() {
        return Stream.of(
                Arguments.of(Filter.eq("kind", new Text("card")), List.of("card")),
                Arguments.of(Filter.eq("amount", new Numeric(20.5)), List.of("rent")),
                Arguments.of(Filter.eq("open", new Flag(false)), List.of("loan")),
                Arguments.of(Filter.eq("tags", new Text("home")), List.of("rent")),
                Arguments.of(Filter.eq("amount", new Text("10")), List.of()),
                Arguments.of(Filter.ne("kind", new Text("card")), List.of("loan", "rent")),
                Arguments.of(Filter.ne("tags", new Text("home")), List.of("card", "loan")),
                Arguments.of(new In("kind", List.of(new Text("card"), new Text("transfer"))), List.of("card", "rent")),
                Arguments.of(new In("amount", List.of(new Numeric(10), new Numeric(30))), List.of("card", "loan")),
                Arguments.of(new Compare("amount", Comparison.GREATER, 20.5), List.of("loan")),
                Arguments.of(new Compare("amount", Comparison.AT_LEAST, 20.5), List.of("loan", "rent")),
                Arguments.of(new Compare("amount", Comparison.LESS, 20.5), List.of("card")),
                Arguments.of(new Compare("amount", Comparison.AT_MOST, 20.5), List.of("card", "rent")),
                Arguments.of(new Compare("kind", Comparison.GREATER, 0), List.of()),
                Arguments.of(new Exists("open"), List.of("loan", "rent")),
                Arguments.of(new Not(new Exists("kind")), List.of("loan")),
                Arguments.of(new Not(new Compare("amount", Comparison.GREATER, 15)), List.of("card")),
                Arguments.of(
                        new And(List.of(new Exists("open"), new Compare("amount", Comparison.LESS, 25))),
                        List.of("rent")),
                Arguments.of(
                        new Or(List.of(Filter.eq("kind", new Text("card")), Filter.eq("open", new Flag(false)))),
                        List.of("card", "loan")),
                Arguments.of(
                        new Not(new Or(
                                List.of(Filter.eq("kind", new Text("card")), Filter.eq("open", new Flag(false))))),
                        List.of("rent")),
                Arguments.of(new Or(List.of()), List.of()),
                Arguments.of(new Not(new Or(List.of())), List.of("card", "loan", "rent")));
    }

    @ParameterizedTest
    @MethodSource("filters")
    void filterLeavesOutWhatItIsNotTrueOf(Filter filter, List<String> expected) {
        VectorSpace space = three(Metric.COSINE);

        assertThat(ids(space, new float[] {1, 1, 1}, filter, null)).containsExactlyInAnyOrderElementsOf(expected);
    }

    @ParameterizedTest
    @MethodSource("filters")
    void filterDeletesWhatItIsTrueOf(Filter filter, List<String> expected) {
        VectorSpace space = three(Metric.COSINE);

        store().delete(space, new Selection.Matching(filter), soon());

        assertThat(ids(space, new float[] {1, 1, 1}, Filter.all(), null))
                .containsExactlyInAnyOrderElementsOf(Stream.of("card", "loan", "rent")
                        .filter(id -> !expected.contains(id))
                        .toList());
    }

    @ParameterizedTest
    @EnumSource(Metric.class)
    void thresholdLeavesOutWhatIsFarther(Metric metric) {
        VectorSpace space = three(metric);
        float[] query = {0.9f, 0.3f, 0};
        float between = (float) ((Vectors.score(metric, query, CARD) + Vectors.score(metric, query, RENT)) / 2);

        assertThat(ids(space, query, Filter.all(), between)).containsExactly("card");
    }

    @Test
    void upsertReplacesAPointAsAWhole() {
        VectorSpace space = three(Metric.COSINE);
        store().upsert(
                        space,
                        List.of(new Point("card", LOAN, null, new Metadata(Map.of("new", new Flag(true))))),
                        soon());

        assertThat(store().count(space, soon())).isEqualTo(3);
        assertThat(ids(space, CARD, Filter.all(), 0.5f)).isEmpty();
        assertThat(ids(space, LOAN, Filter.all(), 0.5f)).containsExactlyInAnyOrder("card", "loan");
        assertThat(ids(space, LOAN, new Exists("new"), null)).containsExactly("card");
        assertThat(store().fetch(space, List.of("card"), false, soon())
                        .getFirst()
                        .text())
                .isNull();
    }

    @Test
    void deletedPointsAreGone() {
        VectorSpace space = three(Metric.COSINE);

        OptionalLong deleted = store().delete(space, new Selection.Ids(List.of("card", "nobody")), soon());

        assertThat(deleted).matches(count -> count.isEmpty() || count.getAsLong() == 1);
        assertThat(ids(space, CARD, Filter.all(), null)).containsExactlyInAnyOrder("rent", "loan");
        assertThat(store().fetch(space, List.of("card"), true, soon())).isEmpty();
        assertThat(store().count(space, soon())).isEqualTo(2);
    }

    @Test
    void deletedPointCanComeBack() {
        VectorSpace space = three(Metric.COSINE);
        store().delete(space, new Selection.Ids(List.of("card")), soon());

        store().upsert(space, List.of(point("card", CARD, Map.of())), soon());

        assertThat(ids(space, CARD, Filter.all(), 0.5f)).containsExactly("card");
        assertThat(store().count(space, soon())).isEqualTo(3);
    }

    @Test
    void everythingCanGoAtOnceAndTheSpaceStays() {
        VectorSpace space = three(Metric.COSINE);

        store().delete(space, new Selection.Everything(), soon());

        assertThat(store().count(space, soon())).isZero();
        assertThat(ids(space, CARD, Filter.all(), null)).isEmpty();
        store().upsert(space, List.of(point("again", CARD, Map.of())), soon());
        assertThat(ids(space, CARD, Filter.all(), null)).containsExactly("again");
    }

    @Test
    void spacesDoNotSeeEachOther() {
        VectorSpace one = three(Metric.COSINE);
        VectorSpace other = space(Metric.COSINE);
        store().upsert(other, List.of(point("card", LOAN, Map.of())), soon());

        assertThat(store().count(other, soon())).isEqualTo(1);
        assertThat(ids(one, LOAN, Filter.all(), 0.5f)).containsExactly("loan");
        store().drop(other, soon());
        assertThat(store().count(one, soon())).isEqualTo(3);
    }

    @Test
    void creatingTwiceAndDroppingTwiceChangesNothing() {
        VectorSpace space = three(Metric.COSINE);

        store().create(space, soon());
        assertThat(store().count(space, soon())).isEqualTo(3);
        store().drop(space, soon());
        store().drop(space, soon());

        store().create(space, soon());
        assertThat(store().count(space, soon())).isZero();
    }

    @Test
    void idsAndTextsMayBeAnything() {
        VectorSpace space = space(Metric.DOT);
        String id = "a/b?c=d&e %20 '\"\\ €ü漢😀";
        store().upsert(
                        space,
                        List.of(new Point(
                                id, CARD, "O'Neil \"\\ 😀\n", new Metadata(Map.of("f'\"😀", new Text("v'\"\\😀"))))),
                        soon());

        assertThat(store().fetch(space, List.of(id), false, soon()).getFirst().text())
                .isEqualTo("O'Neil \"\\ 😀\n");
        assertThat(ids(space, CARD, Filter.eq("f'\"😀", new Text("v'\"\\😀")), null))
                .containsExactly(id);
        store().delete(space, new Selection.Ids(List.of(id)), soon());
        assertThat(store().count(space, soon())).isZero();
    }

    @Test
    void aThousandPointsAtOnceAreKept() {
        VectorSpace space = new VectorSpace(ThreadLocalRandom.current().nextInt(1, 1_000_000_000), 64, Metric.COSINE);
        store().create(space, soon());
        List<Point> points = new Vectors(64, 1).points(1_000);

        store().upsert(space, points, soon());

        float[] query = new Vectors(64, 2).next();
        assertThat(store().count(space, soon())).isEqualTo(1_000);
        assertThat(store().query(space, near(query, 10), soon()))
                .extracting(match -> match.point().id())
                .containsExactlyElementsOf(Vectors.exact(space, points, query, 10));
    }

    @Test
    void passedDeadlineIsRefused() {
        VectorSpace space = three(Metric.COSINE);

        assertThatThrownBy(() -> store().query(space, near(CARD, 1), Deadline.after(Duration.ZERO)))
                .isInstanceOf(DeadlineExceeded.class);
    }
}
