package dev.weft.embedding.vectorstore.pgvector;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.embedding.vectorstore.Filter;
import dev.weft.embedding.vectorstore.Include;
import dev.weft.embedding.vectorstore.Metric;
import dev.weft.embedding.vectorstore.VectorQuery;
import dev.weft.embedding.vectorstore.VectorSpace;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.NotFound;
import dev.weft.kit.time.Deadline;
import dev.weft.testkit.DatabaseResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What the store says on a server that has no pgvector, as the embedded one. */
@QuarkusTest
@QuarkusTestResource(value = DatabaseResource.class, initArgs = @ResourceArg(name = "schema", value = "embedding"))
class AbsentExtensionTest {

    private static final VectorSpace SPACE = new VectorSpace(1, 3, Metric.COSINE);

    @Inject
    private PgvectorVectorStore store;

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(30));
    }

    @Test
    void creatingSaysWhatIsMissingAndHowToMendIt() {
        assertThatThrownBy(() -> store.create(SPACE, soon()))
                .isInstanceOf(FailedPrecondition.class)
                .hasMessageContaining("no extension 'vector'")
                .hasMessageContaining("CREATE EXTENSION vector SCHEMA embedding");
    }

    @Test
    void queryingSaysIt() {
        VectorQuery query = new VectorQuery(new float[] {1, 0, 0}, 1, Filter.all(), null, Include.NOTHING);

        assertThatThrownBy(() -> store.query(SPACE, query, soon())).isInstanceOf(FailedPrecondition.class);
    }

    @Test
    void tableThatIsGoneIsNotFound() {
        assertThatThrownBy(() -> store.count(SPACE, soon())).isInstanceOf(NotFound.class);
    }

    @Test
    void vectorsThatNoIndexTakesAreRefused() {
        assertThatThrownBy(() -> store.create(new VectorSpace(2, 2_001, Metric.COSINE), soon()))
                .isInstanceOf(FailedPrecondition.class)
                .hasMessageContaining("2001 (expected: at most 2000");
    }
}
