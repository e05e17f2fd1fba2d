package dev.weft.local.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The rules that deploy/aws/ keeps; AWS is not asked. */
class TaskDefinitionsTest {

    private static final Path ROOT = Path.of(Objects.requireNonNullElse(System.getProperty("weft.root"), "../.."))
            .toAbsolutePath()
            .normalize();

    /** MiB that Fargate gives with so many units of processor; it refuses others. */
    private static final Map<Integer, List<Integer>> FARGATE =
            Map.of(512, List.of(1024, 2048, 3072, 4096), 2048, List.of(4096, 5120, 6144, 7168, 8192));

    @ParameterizedTest
    @CsvSource({"gateway,8080", "inference-service,8081", "training-dispatcher,8082", "embedding-service,8083"})
    void taskRunsItsServiceAndNoMore(String service, int port) throws IOException {
        JsonNode task = new ObjectMapper()
                .readTree(ROOT.resolve("deploy/aws/" + service + ".json").toFile());
        JsonNode container = task.path("containerDefinitions").path(0);

        assertThat(task.path("family").asText()).isEqualTo("weft-" + service);
        assertThat(FARGATE.get(task.path("cpu").asInt()))
                .contains(task.path("memory").asInt());
        assertThat(container.path("image").asText()).endsWith("/weft/" + service + ":0.1.0");
        assertThat(container.path("user").asText()).isEqualTo("10001:10001");
        assertThat(container.at("/linuxParameters/capabilities/drop/0").asText())
                .isEqualTo("ALL");
        assertThat(container.at("/linuxParameters/initProcessEnabled").asBoolean())
                .as("training-dispatcher starts processes that outlive their parents; the others have it at no price")
                .isTrue();
        assertThat(container.path("portMappings").path(0).path("containerPort").asInt())
                .isEqualTo(port);
        assertThat(task.path("volumes").findValuesAsText("name"))
                .containsAll(container.path("mountPoints").findValuesAsText("sourceVolume"));
    }

    @ParameterizedTest
    @CsvSource({"gateway", "inference-service", "training-dispatcher", "embedding-service"})
    void variablesAreKeysThatTheDocumentationKnowsAndSecretsAreReferences(String service) throws IOException {
        Set<String> known = KnownVariables.read(ROOT);
        JsonNode container = new ObjectMapper()
                .readTree(ROOT.resolve("deploy/aws/" + service + ".json").toFile())
                .path("containerDefinitions")
                .path(0);

        for (JsonNode variable : container.path("environment")) {
            String name = variable.path("name").asText();
            assertThat(name).doesNotMatch(".*(PASSWORD|KEY|SECRETS)");
            assertThat(!name.startsWith("WEFT_") || known.contains(name))
                    .as(name)
                    .isTrue();
        }
        for (JsonNode secret : container.path("secrets")) {
            String name = secret.path("name").asText();
            assertThat(!name.startsWith("WEFT_") || known.contains(name))
                    .as(name)
                    .isTrue();
            assertThat(secret.path("valueFrom").asText()).startsWith("arn:aws:secretsmanager:");
        }
    }
}
