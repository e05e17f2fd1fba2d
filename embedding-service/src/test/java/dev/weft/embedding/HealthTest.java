package dev.weft.embedding;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.testkit.DatabaseResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The service starts on an empty schema and tells how it is; {@link HealthIT} asks the packaged service. */
@QuarkusTest
@QuarkusTestResource(value = DatabaseResource.class, initArgs = @ResourceArg(name = "schema", value = "embedding"))
class HealthTest {

    @TestHTTPResource
    private URI uri;

    @ParameterizedTest
    @ValueSource(strings = {"/q/health/live", "/q/health/ready", "/q/health/started"})
    void startedServiceIsWell(String path) throws Exception {
        assertThat(get(path)).contains("\"UP\"");
    }

    @Test
    void metricsAreTold() throws Exception {
        assertThat(get("/q/metrics")).contains("jvm_memory_used_bytes");
    }

    private String get(String path) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(uri.resolve(path))
                    .timeout(Duration.ofSeconds(10))
                    .build();
            return client.send(request, BodyHandlers.ofString()).body();
        }
    }
}
