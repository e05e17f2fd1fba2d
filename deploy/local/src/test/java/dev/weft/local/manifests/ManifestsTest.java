package dev.weft.local.manifests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.KeyToPath;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.VolumeMount;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What {@code kubectl apply -k} would send, read strictly, and the rules that all of it keeps. Where there is no kubectl, the files are read
 * one by one, and patches are not seen; {@code WEFT_REQUIRE_KUBECTL} makes that an error.
 */
class ManifestsTest {

    private static final Path ROOT = Path.of(Objects.requireNonNullElse(System.getProperty("weft.root"), "../.."))
            .toAbsolutePath()
            .normalize();

    private static final List<String> OVERLAYS = List.of("local", "cpu", "gpu", "production", "serverless");
    private static final Set<String> SERVICES =
            Set.of("gateway", "inference-service", "inference-service-gpu", "training-dispatcher", "embedding-service");

    /** An overlay's objects; or, without kubectl, those of all files that are no patch. */
    record Named(String name, Manifests manifests) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Named> overlays() {
        if (hasKubectl()) {
            return OVERLAYS.stream().map(overlay -> new Named(overlay, Manifests.parse(kustomize(overlay))));
        }
        if (System.getenv("WEFT_REQUIRE_KUBECTL") != null) {
            throw new IllegalStateException("kubectl is not on the PATH (expected, as WEFT_REQUIRE_KUBECTL is set)");
        }
        System.err.println(
                "kubectl is not on the PATH: manifests are checked file by file, without the overlays' patches");
        return files().map(file -> new Named(ROOT.relativize(file).toString(), Manifests.parse(text(file))));
    }

    private static boolean hasKubectl() {
        return Stream.of(Objects.requireNonNullElse(System.getenv("PATH"), "").split(":"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "kubectl")));
    }

    private static Stream<Path> files() {
        try (Stream<Path> files = Files.walk(ROOT.resolve("k8s"))) {
            return files
                    .filter(file -> file.toString().endsWith(".yaml") && !file.endsWith("kustomization.yaml"))
                    .sorted()
                    .toList()
                    .stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String kustomize(String overlay) {
        try {
            Path out = Files.createTempFile(Files.createDirectories(Path.of("target")), overlay, ".yaml");
            Process kubectl = new ProcessBuilder(
                            "kubectl",
                            "kustomize",
                            ROOT.resolve("k8s/overlays/" + overlay).toString())
                    .redirectOutput(out.toFile())
                    .start();
            String said = new String(kubectl.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(kubectl.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(kubectl.exitValue()).as(said).isZero();
            return Files.readString(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void unknownFieldIsAnError() {
        String typo = "apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {portz: []}\n";

        assertThatThrownBy(() -> Manifests.parse(typo)).hasCauseInstanceOf(UnrecognizedPropertyException.class);
    }

    @ParameterizedTest
    @MethodSource("overlays")
    void podsKeepToTheRestrictedProfile(Named overlay) {
        for (Manifests.Read object : overlay.manifests().withPods()) {
            PodSpec pod = object.pods().orElseThrow().getSpec();
            assertThat(pod.getSecurityContext().getRunAsNonRoot())
                    .as(object.toString())
                    .isTrue();
            assertThat(pod.getSecurityContext().getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
            assertThat(pod.getHostNetwork()).isNull();
            assertThat(pod.getVolumes()).allMatch(volume -> volume.getHostPath() == null);
            assertThat(pod.getAutomountServiceAccountToken())
                    .as("said, not left to chance")
                    .isNotNull();
            for (Container container : pod.getContainers()) {
                var context = container.getSecurityContext();
                assertThat(context.getAllowPrivilegeEscalation()).isFalse();
                assertThat(context.getReadOnlyRootFilesystem()).isTrue();
                assertThat(context.getCapabilities().getDrop()).containsExactly("ALL");
                assertThat(context.getPrivileged()).isNull();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("overlays")
    void containersHaveLimitsProbesAndAVersion(Named overlay) {
        for (Manifests.Read object : overlay.manifests().withPods()) {
            for (Container container : object.pods().orElseThrow().getSpec().getContainers()) {
                assertThat(container.getResources().getRequests())
                        .as(object.toString())
                        .containsKeys("cpu", "memory");
                assertThat(container.getResources().getLimits()).containsKey("memory");
                assertThat(container.getStartupProbe()).isNotNull();
                assertThat(container.getReadinessProbe()).isNotNull();
                assertThat(container.getLivenessProbe()).isNotNull();
                if (hasKubectl()) {
                    assertThat(container.getImage()).matches(".+:[0-9]+\\.[0-9.]+");
                }
            }
        }
    }

    /** The time to be told of, to finish and to be killed must fit into each other, or a rolling update loses requests. */
    @ParameterizedTest
    @MethodSource("overlays")
    void servicesEndGracefully(Named overlay) {
        for (Manifests.Read object : overlay.manifests().withPods()) {
            if (SERVICES.contains(object.name())) {
                PodTemplateSpec pods = object.pods().orElseThrow();
                Container container = pods.getSpec().getContainers().getFirst();
                long told = container.getLifecycle().getPreStop().getSleep().getSeconds();
                assertThat(told).as(object.toString()).isPositive();
                assertThat(pods.getSpec().getTerminationGracePeriodSeconds()).isGreaterThan(told + 30);
            }
        }
    }

    /** Runs of the backend local leave processes behind that no parent waits for: the pod's own process 1 does, where it is the containers', too. */
    @ParameterizedTest
    @MethodSource("overlays")
    void whoStartsProcessesHasAnInitProcess(Named overlay) {
        for (Manifests.Read object : overlay.manifests().withPods()) {
            if (object.name().equals("training-dispatcher")) {
                assertThat(object.pods().orElseThrow().getSpec().getShareProcessNamespace())
                        .isTrue();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("overlays")
    void secretsAreReferences(Named overlay) {
        for (Manifests.Read object : overlay.manifests().withPods()) {
            for (Container container : object.pods().orElseThrow().getSpec().getContainers()) {
                for (EnvVar variable : container.getEnv()) {
                    String name = variable.getName();
                    if (name.matches(".*(PASSWORD|KEY|SECRET|SECRETS|TOKEN)")) {
                        assertThat(variable.getValue()).as(object + " " + name).isNull();
                        assertThat(variable.getValueFrom().getSecretKeyRef()).isNotNull();
                    }
                }
            }
        }
        if (!overlay.name().equals("local")) {
            assertThat(overlay.manifests().ofKind("Secret")).isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("overlays")
    void variablesAreKeysThatTheDocumentationKnows(Named overlay) {
        Set<String> known = KnownVariables.read(ROOT);
        for (Manifests.Read object : overlay.manifests().withPods()) {
            for (Container container : object.pods().orElseThrow().getSpec().getContainers()) {
                assertThat(container.getEnv().stream()
                                .map(EnvVar::getName)
                                .filter(name -> name.startsWith("WEFT_"))
                                .filter(name -> !known.contains(name)))
                        .as(object.toString())
                        .isEmpty();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("overlays")
    void everyDeploymentHasWhatBelongsToIt(Named overlay) {
        if (!OVERLAYS.contains(overlay.name())) {
            return; // without kubectl: a file alone
        }
        Manifests manifests = overlay.manifests();
        for (Manifests.Read deployment : manifests.ofKind("Deployment")) {
            PodTemplateSpec pods = deployment.pods().orElseThrow();
            Map<String, String> labels = pods.getMetadata().getLabels();
            assertThat(labels).containsEntry("app.kubernetes.io/name", deployment.name());
            assertThat(labels).containsEntry("app.kubernetes.io/part-of", "weft");
            for (String kind : List.of("Service", "PodDisruptionBudget", "NetworkPolicy")) {
                assertThat(manifests.ofKind(kind)).as(kind).anyMatch(each -> each.name()
                        .equals(deployment.name()));
            }
            assertThat(manifests.ofKind("ServiceAccount"))
                    .anyMatch(each -> each.name().equals(pods.getSpec().getServiceAccountName()));
        }
        assertThat(manifests.ofKind("NetworkPolicy"))
                .anyMatch(each -> each.name().equals("weft-default-deny"));
    }

    @Test
    void providersModelsAreWhereModelsAreLookedFor() throws IOException {
        if (!hasKubectl()) {
            return; // the component is a patch
        }
        Manifests manifests = Manifests.parse(kustomize("serverless"));
        JsonNode models = manifests.ofKind("ConfigMap").stream()
                .filter(map -> map.name().equals("weft-provided-models"))
                .findFirst()
                .orElseThrow()
                .tree()
                .path("data");
        PodSpec pod = manifests.ofKind("Deployment").stream()
                .filter(deployment -> deployment.name().equals("inference-service"))
                .findFirst()
                .flatMap(Manifests.Read::pods)
                .orElseThrow()
                .getSpec();
        List<KeyToPath> items = pod.getVolumes().stream()
                .filter(volume -> volume.getName().equals("provided-models"))
                .findFirst()
                .orElseThrow()
                .getConfigMap()
                .getItems();

        assertThat(items).hasSize(models.size()).allSatisfy(item -> {
            assertThat(item.getPath()).isEqualTo(item.getKey() + "/weft.json");
            JsonNode model =
                    new ObjectMapper().readTree(models.path(item.getKey()).asText());
            assertThat(model.path("provider").asText()).isNotEmpty();
            assertThat(model.path("model").asText()).isNotEmpty();
            assertThat(model.path("task").asText()).isIn("text-generation", "sentence-embedding");
        });
        Container container = pod.getContainers().getFirst();
        String mounted = container.getVolumeMounts().stream()
                .filter(mount -> mount.getName().equals("provided-models"))
                .map(VolumeMount::getMountPath)
                .findFirst()
                .orElseThrow();
        assertThat(container.getEnv())
                .anyMatch(variable -> variable.getName().equals("WEFT_INFERENCE_MODEL_FOLDERS")
                        && List.of(variable.getValue().split(",")).contains(mounted));
        assertThat(container.getEnvFrom())
                .singleElement()
                .satisfies(from -> assertThat(from.getSecretRef().getOptional()).isTrue());
        assertThat(manifests.ofKind("NetworkPolicy"))
                .anyMatch(policy -> policy.name().equals("inference-service-providers"));
    }
}
