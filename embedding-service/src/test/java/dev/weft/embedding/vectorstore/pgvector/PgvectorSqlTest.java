package dev.weft.embedding.vectorstore.pgvector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.embedding.vectorstore.Filter;
import dev.weft.embedding.vectorstore.Include;
import dev.weft.embedding.vectorstore.MetadataValue.Text;
import dev.weft.embedding.vectorstore.Metric;
import dev.weft.embedding.vectorstore.VectorSpace;
import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.validator.BeanValidationConfigValidatorImpl;
import org.junit.jupiter.api.Test;

class PgvectorSqlTest {

    private static final Extension EXTENSION = new Extension("\"Ext\"", true);

    private static PgvectorConfig config(String key, String value) {
        return new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withMapping(PgvectorConfig.class)
                .withValidator(new BeanValidationConfigValidatorImpl())
                .withDefaultValue(key, value)
                .build()
                .getConfigMapping(PgvectorConfig.class);
    }

    @Test
    void defaults() {
        PgvectorConfig config = config("other", "x");

        assertThat(config.neighbours()).isEqualTo(16);
        assertThat(config.buildWidth()).isEqualTo(100);
        assertThat(config.searchWidth()).isEqualTo(128);
    }

    @Test
    void misspeltKeyAndValueOutOfItsRangeAreRefused() {
        assertThatThrownBy(() -> config("weft.embedding.pgvector.neighbors", "16"))
                .isInstanceOf(ConfigValidationException.class);
        assertThatThrownBy(() -> config("weft.embedding.pgvector.search-width", "1001"))
                .isInstanceOf(ConfigValidationException.class);
    }

    @Test
    void tableAndIndexAreOfTheSpaceAndTheMetric() {
        VectorSpace space = new VectorSpace(12, 384, Metric.DOT);

        assertThat(PgvectorSql.create(space, EXTENSION, config("weft.embedding.pgvector.neighbours", "64")))
                .anySatisfy(
                        sql -> assertThat(sql).contains("pgvector_point_12 (", "vector \"Ext\".vector(384) NOT NULL"))
                .anySatisfy(sql -> assertThat(sql)
                        .contains("USING hnsw (vector \"Ext\".vector_ip_ops)", "m = 64, ef_construction = 128"));
    }

    @Test
    void queryOrdersByTheExpressionThatTheIndexHas() {
        String sql = PgvectorSql.query(
                new VectorSpace(12, 3, Metric.EUCLIDEAN),
                EXTENSION,
                new Include(false, true, false),
                FilterSql.of(Filter.eq("kind", new Text("x'; DROP TABLE collection; --"))));

        assertThat(sql)
                .contains("ORDER BY vector OPERATOR(\"Ext\".<->) ?::\"Ext\".vector LIMIT ?")
                .contains("-(vector OPERATOR(\"Ext\".<->) ?::\"Ext\".vector) AS score")
                .contains("NULL::real[] AS vector, text, NULL::jsonb AS metadata")
                .doesNotContain("DROP");
    }
}
