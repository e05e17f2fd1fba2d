package dev.weft.embedding.vectorstore.pgvector;

import dev.weft.embedding.vectorstore.VectorStore;
import dev.weft.embedding.vectorstore.VectorStoreContract;
import dev.weft.testkit.DatabaseResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * The contract, against a server that has the extension: the embedded one has not, and cannot get it. How to name one is told in
 * docs/collections.md; without one {@link FilterSqlTest}, {@link PgvectorSqlTest} and {@link AbsentExtensionTest} are what is tested.
 */
@QuarkusTest
@QuarkusTestResource(value = DatabaseResource.class, initArgs = @ResourceArg(name = "schema", value = "embedding"))
@QuarkusTestResource(value = PgvectorServer.class, restrictToAnnotatedClass = true)
@EnabledIfSystemProperty(
        named = PgvectorServer.URL,
        matches = ".+",
        disabledReason = "needs a PostgreSQL with pgvector, see docs/collections.md")
class PgvectorVectorStoreTest extends VectorStoreContract {

    @Inject
    private PgvectorVectorStore store;

    @Override
    protected VectorStore store() {
        return store;
    }
}
