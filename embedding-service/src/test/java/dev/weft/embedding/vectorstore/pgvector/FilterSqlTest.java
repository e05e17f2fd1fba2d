package dev.weft.embedding.vectorstore.pgvector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.embedding.sql.Transactions;
import dev.weft.embedding.vectorstore.Filter;
import dev.weft.embedding.vectorstore.Filter.And;
import dev.weft.embedding.vectorstore.Filter.Compare;
import dev.weft.embedding.vectorstore.Filter.Comparison;
import dev.weft.embedding.vectorstore.Filter.Exists;
import dev.weft.embedding.vectorstore.Filter.In;
import dev.weft.embedding.vectorstore.Filter.Not;
import dev.weft.embedding.vectorstore.Filter.Or;
import dev.weft.embedding.vectorstore.Metadata;
import dev.weft.embedding.vectorstore.MetadataJson;
import dev.weft.embedding.vectorstore.MetadataValue;
import dev.weft.embedding.vectorstore.MetadataValue.Flag;
import dev.weft.embedding.vectorstore.MetadataValue.Numeric;
import dev.weft.embedding.vectorstore.MetadataValue.Text;
import dev.weft.embedding.vectorstore.MetadataValue.Texts;
import dev.weft.kit.time.Deadline;
import dev.weft.testkit.DatabaseResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;

/** The condition says on PostgreSQL what the filter says in memory, whatever the two are. */
@QuarkusTest
@QuarkusTestResource(value = DatabaseResource.class, initArgs = @ResourceArg(name = "schema", value = "embedding"))
class FilterSqlTest {

    private static final List<String> FIELDS = List.of("kind", "amount", "o'pen \"", "ta?gs");
    private static final int POINTS = 40;
    private static final int FILTERS = 40;

    @Inject
    private Transactions transactions;

    @RepeatedTest(5)
    void conditionTakesWhatTheFilterMatches() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        List<Metadata> points = new ArrayList<>();
        for (int i = 0; i < POINTS; i++) {
            points.add(metadata(random));
        }
        for (int i = 0; i < FILTERS; i++) {
            Filter filter = filter(random, 3);

            List<Integer> taken = taken(points, filter);

            List<Integer> expected = new ArrayList<>();
            for (int point = 0; point < POINTS; point++) {
                if (filter.matches(points.get(point))) {
                    expected.add(point);
                }
            }
            assertThat(taken).as("seed %d: %s", seed, filter).isEqualTo(expected);
            assertThat(points.stream().map(filter.pushNotDown()::matches).toList())
                    .as("seed %d: %s without not", seed, filter)
                    .isEqualTo(points.stream().map(filter::matches).toList());
        }
    }

    private List<Integer> taken(List<Metadata> points, Filter filter) {
        FilterSql sql = FilterSql.of(filter);
        return transactions.run(Deadline.after(Duration.ofSeconds(30)), session -> {
            try (PreparedStatement statement = session.prepare("SELECT n::int - 1 FROM unnest(?::text[])"
                    + " WITH ORDINALITY AS p (json, n), LATERAL (SELECT p.json::jsonb AS metadata) AS m WHERE "
                    + sql.condition() + " ORDER BY n")) {
                statement.setArray(
                        1,
                        session.array(
                                "text", points.stream().map(MetadataJson::write).toArray(String[]::new)));
                sql.set(statement, 2);
                try (ResultSet rows = statement.executeQuery()) {
                    List<Integer> numbers = new ArrayList<>();
                    while (rows.next()) {
                        numbers.add(rows.getInt(1));
                    }
                    return numbers;
                }
            }
        });
    }

    private static <T> T any(Random random, List<T> values) {
        return values.get(random.nextInt(values.size()));
    }

    private static Metadata metadata(Random random) {
        Map<String, MetadataValue> fields = new HashMap<>();
        for (String field : FIELDS) {
            if (random.nextBoolean()) {
                fields.put(
                        field,
                        random.nextInt(4) == 0
                                ? new Texts(List.of("a", "b'").subList(0, random.nextInt(3)))
                                : scalar(random));
            }
        }
        return new Metadata(fields);
    }

    private static MetadataValue scalar(Random random) {
        return switch (random.nextInt(3)) {
            case 0 -> new Text(any(random, List.of("a", "b'", "1", "true")));
            case 1 -> new Numeric(any(random, List.of(0.0, 1.0, -2.5, 1e300)));
            default -> new Flag(random.nextBoolean());
        };
    }

    private static Filter filter(Random random, int depth) {
        String field = any(random, FIELDS);
        return switch (random.nextInt(depth == 0 ? 3 : 6)) {
            case 0 -> new In(field, List.of(scalar(random), scalar(random)));
            case 1 ->
                new Compare(field, any(random, List.of(Comparison.values())), any(random, List.of(0.0, 1.0, 7.5)));
            case 2 -> new Exists(field);
            case 3 -> new And(List.of(filter(random, depth - 1), filter(random, depth - 1)));
            case 4 -> new Or(List.of(filter(random, depth - 1), filter(random, depth - 1)));
            default -> new Not(filter(random, depth - 1));
        };
    }
}
