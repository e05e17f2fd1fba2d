package dev.weft.local.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The rules that deploy/compose.yaml keeps; no engine is asked. */
class ComposeTest {

    private static final Path ROOT = Path.of(Objects.requireNonNullElse(System.getProperty("weft.root"), "../.."))
            .toAbsolutePath()
            .normalize();

    private final Map<String, JsonNode> ours = new HashMap<>();

    /** Jackson alone knows nothing of YAML's merges. */
    @BeforeEach
    void read() throws IOException {
        Object tree = new Yaml(new SafeConstructor(new LoaderOptions()))
                .load(Files.readString(ROOT.resolve("deploy/compose.yaml")));
        JsonNode compose = new ObjectMapper().valueToTree(tree);
        compose.path("services").properties().forEach(service -> {
            if (service.getValue().path("image").asText().startsWith("weft/")) {
                ours.put(service.getKey(), service.getValue());
            }
        });
    }

    @Test
    void allServicesAreThereAndNoneMayDoMoreThanItMust() {
        assertThat(ours.values())
                .extracting(service -> service.path("image").asText())
                .containsExactlyInAnyOrder(
                        "weft/gateway:0.1.0",
                        "weft/inference-service:0.1.0",
                        "weft/inference-service-gpu:0.1.0",
                        "weft/embedding-service:0.1.0",
                        "weft/training-dispatcher:0.1.0");
        ours.forEach((name, service) -> {
            assertThat(service.path("read_only").asBoolean()).as(name).isTrue();
            assertThat(service.path("cap_drop").path(0).asText()).as(name).isEqualTo("ALL");
            assertThat(service.path("user").asText()).as(name).isEqualTo("10001:10001");
            assertThat(service.has("ports")).as(name).isEqualTo(name.equals("gateway"));
        });
        assertThat(ours.get("gateway").path("ports").path(0).asText()).startsWith("127.0.0.1:");
    }

    /** Runs of the backend local leave processes behind that no parent waits for; the service does not either. */
    @Test
    void whoStartsProcessesHasAnInitProcess() {
        assertThat(ours.get("training").path("init").asBoolean()).isTrue();
    }

    @Test
    void variablesAreKeysThatTheDocumentationKnowsAndSecretsAreReferences() {
        Set<String> known = KnownVariables.read(ROOT);
        ours.forEach((name, service) -> service.path("environment").properties().forEach(variable -> {
            if (variable.getKey().startsWith("WEFT_")) {
                assertThat(known).as(name).contains(variable.getKey());
            }
            if (variable.getKey().matches(".*(PASSWORD|KEY|SECRETS)")) {
                assertThat(variable.getValue().asText())
                        .as(name + " " + variable.getKey())
                        .startsWith("${");
            }
        }));
    }

    /** A volume that the engine makes begins as what the image has at its place; without that it is root's, and the service cannot write. */
    @Test
    void volumesBeginAsFoldersOfTheImage() throws IOException {
        String script = Files.readString(ROOT.resolve("weft"));
        ours.forEach((name, service) -> service.path("volumes").forEach(volume -> {
            String[] mount = volume.asText().split(":", -1);
            if (mount.length == 1 || mount[0].matches("[a-z]+")) {
                String path = mount.length == 1 ? mount[0] : mount[1];
                assertThat(script).as(name + " " + path).contains("\"$context" + path + "\"");
            }
        }));
    }
}
