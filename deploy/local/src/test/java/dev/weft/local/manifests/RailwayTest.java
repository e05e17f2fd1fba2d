package dev.weft.local.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The rules that deploy/railway/ keeps; Railway is not asked. */
class RailwayTest {

    private static final Path ROOT = Path.of(Objects.requireNonNullElse(System.getProperty("weft.root"), "../.."))
            .toAbsolutePath()
            .normalize();

    private static Map<String, String> variables(String service) throws IOException {
        Map<String, String> variables = new TreeMap<>();
        for (String line : Files.readAllLines(ROOT.resolve("deploy/railway/" + service + ".env"))) {
            if (!line.startsWith("#")) {
                int equals = line.indexOf('=');
                assertThat(variables.put(line.substring(0, equals), line.substring(equals + 1)))
                        .as(line)
                        .isNull();
            }
        }
        return variables;
    }

    @ParameterizedTest
    @CsvSource({"gateway", "inference-service", "training-dispatcher", "embedding-service"})
    void variablesAreKnownAndSecretsAreReferences(String service) throws IOException {
        Set<String> known = KnownVariables.read(ROOT);

        variables(service).forEach((name, value) -> {
            assertThat(!name.startsWith("WEFT_") || known.contains(name))
                    .as(name)
                    .isTrue();
            if (name.matches(".*(PASSWORD|KEY|SECRETS)")) {
                assertThat(value).as(name).matches("\\$\\{\\{shared\\.[A-Z_]+}}");
            }
        });
    }

    @ParameterizedTest
    @CsvSource({"gateway,8080", "inference-service,8091", "training-dispatcher,8092", "embedding-service,8093"})
    void serviceListensOnBothKindsOfAddressesAndIsAskedWhereItListens(String service, String port) throws IOException {
        Map<String, String> variables = variables(service);

        assertThat(variables).containsEntry("QUARKUS_HTTP_HOST", "::").containsEntry("PORT", port);
        assertThat(variables.getOrDefault("QUARKUS_GRPC_SERVER_HOST", "::")).isEqualTo("::");
    }
}
