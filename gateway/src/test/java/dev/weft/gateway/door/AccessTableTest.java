package dev.weft.gateway.door;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.gateway.keys.Caller;
import dev.weft.gateway.keys.Scope;
import dev.weft.kit.error.Failure.PermissionDenied;
import dev.weft.kit.identity.AllowedModels;
import io.vertx.core.http.HttpMethod;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AccessTableTest {

    private final AccessTable table = new AccessTable();

    private static boolean may(Access access, Scope scope) {
        try {
            access.require(new Caller("k", "k", Set.of(scope), AllowedModels.ALL));
            return true;
        } catch (PermissionDenied _) {
            return false;
        }
    }

    @ParameterizedTest
    @CsvSource({
        "POST, /v1/embeddings, true, true",
        "POST, /v1/embeddings/, true, true",
        "POST, /v1/chat/completions, true, false",
        "POST, /v2/models/a:b/infer, true, false",
        "POST, /v2/models/m/versions/3/infer, true, false",
        "HEAD, /v2/models/m, true, true",
        "POST, /v2/repository/models/m/load, false, false",
        "GET, /api/v1/keys, false, false",
        "POST, /inference.GRPCInferenceService/ModelInfer, true, false",
    })
    void scopeDecides(String method, String path, boolean infer, boolean embed) {
        Access access = table.of(HttpMethod.valueOf(method), path);

        assertThat(may(access, Scope.INFER)).isEqualTo(infer);
        assertThat(may(access, Scope.EMBED)).isEqualTo(embed);
        assertThat(may(access, Scope.ADMIN)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "POST, /v1/files, true, true, true",
        "GET, /v1/files/f/content, true, true, true",
        "DELETE, /v1/files/f, true, true, true",
        "POST, /v1/batches, true, true, false",
        "POST, /v1/fine_tuning/jobs, false, false, true",
        "GET, /v1/fine_tuning/jobs/j/events, false, false, true",
        "POST, /v1/fine_tuning/jobs/j/cancel, false, false, true",
    })
    void filesAreForBatchesAndForTraining(String method, String path, boolean infer, boolean embed, boolean train) {
        Access access = table.of(HttpMethod.valueOf(method), path);

        assertThat(may(access, Scope.INFER)).isEqualTo(infer);
        assertThat(may(access, Scope.EMBED)).isEqualTo(embed);
        assertThat(may(access, Scope.TRAIN)).isEqualTo(train);
        assertThat(may(access, Scope.PUBLISH)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/v1/embedding",
                "/v1/embeddings/x",
                "/v1/embeddings;a=b",
                "/v2/models//infer",
                "/v2/models/m/infer/x",
                "/v2/models/m/n/infer",
                "/api/v1/new",
                "/q/dev-ui",
                "/inference.GRPCInferenceService/New"
            })
    void whatIsNotListedIsForAdministrators(String path) {
        for (HttpMethod method : HttpMethod.values()) {
            assertThat(table.find(method, path)).isNull();
            assertThat(table.of(method, path)).isEqualTo(AccessTable.ADMIN);
        }
    }

    @Test
    void methodThatIsNotListedIsForAdministrators() {
        assertThat(table.of(HttpMethod.DELETE, "/v2/models/m")).isEqualTo(AccessTable.ADMIN);
        assertThat(table.of(HttpMethod.POST, "/q/health")).isEqualTo(AccessTable.ADMIN);
    }

    @Test
    void healthIsOpenAndMetricsAreNot() {
        assertThat(table.of(HttpMethod.GET, "/q/health/ready")).isEqualTo(AccessTable.OPEN);
        assertThat(table.of(HttpMethod.GET, "/q/metrics")).isEqualTo(AccessTable.ADMIN);
    }
}
