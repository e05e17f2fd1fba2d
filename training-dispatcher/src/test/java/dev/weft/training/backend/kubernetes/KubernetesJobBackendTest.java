package dev.weft.training.backend.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.training.backend.Observation;
import dev.weft.training.backend.RunRequest;
import dev.weft.training.backend.TrainingBackend;
import dev.weft.training.backend.TrainingBackendContract;
import dev.weft.training.job.DataSource;
import dev.weft.training.job.EndReason.Kind;
import dev.weft.training.job.JobFixture;
import dev.weft.training.job.ResourceRequest;
import dev.weft.training.job.RunKey;
import dev.weft.training.runtime.JobFile;
import dev.weft.training.runtime.Parameters;
import dev.weft.training.runtime.Resources;
import dev.weft.training.runtime.RuntimeSettings;
import dev.weft.training.runtime.TrainingRuntime;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.SecretKeySelector;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@EnableKubernetesMockClient(crud = true, https = false)
class KubernetesJobBackendTest extends TrainingBackendContract {

    /** Set by the extension, for each test a server of its own. */
    @SuppressWarnings("NullAway.Init")
    private KubernetesClient client;

    @TempDir
    private Path shared;

    private final Map<String, String> settings = new HashMap<>(Map.of(
            "weft.training.kubernetes.max-runs", "10",
            "weft.training.kubernetes.namespace", "training",
            "weft.training.kubernetes.claim", "weft-runs",
            "weft.training.kubernetes.pull-patience", "1h"));

    private RuntimeSettings.Told told = RuntimeSettings.Told.NOTHING;

    /** Pods that the cluster has made, by run. */
    private final Map<RunKey, Integer> made = new HashMap<>();

    private TestCluster cluster() {
        return new TestCluster(client, "training", made);
    }

    @Override
    protected TrainingBackend backend() {
        cluster().act();
        Map<String, String> all = new HashMap<>(settings);
        all.put("weft.training.kubernetes.shared-folder", shared.toString());
        return new KubernetesJobBackend(
                () -> client,
                JobFixture.config(KubernetesConfig.class, all),
                (_, _, _) -> told,
                Optional.of("training-dispatcher-7d"));
    }

    @Override
    protected TrainingRuntime runtime() {
        return new TrainingRuntime.Container(
                "trainer",
                "",
                new Parameters(List.of()),
                new Resources(1000, 1L << 30, 0),
                "registry.example/trainer:1",
                List.of("python", "train.py"));
    }

    @Override
    protected int begun(RunKey of) {
        cluster().act();
        return made.getOrDefault(of, 0);
    }

    @Override
    protected void letEnd(RunKey of, int code) {
        cluster().podEnds(of, code, "Error");
    }

    private Observation observe() {
        return backend().observe(key, soon());
    }

    private Job job() {
        return cluster().job(key).orElseThrow();
    }

    private Kind kind() {
        return ((Observation.Ended) observe()).reason().kind();
    }

    @Test
    void manifestAsksForWhatTheRunNeeds() {
        settings.put("weft.training.kubernetes.gpu-node-selector.accelerator", "nvidia-l4");
        settings.put("weft.training.kubernetes.node-selector.pool", "batch");
        settings.put("weft.training.kubernetes.tolerations", "nvidia.com/gpu:NoSchedule,team=ml:NoExecute,spot");
        settings.put("weft.training.kubernetes.service-account", "weft-runs");
        backend()
                .submit(
                        new RunRequest(
                                key,
                                runtime(),
                                "{\"epochs\": 3}",
                                new DataSource.Stored("intents.csv", 2),
                                Optional.of(new byte[] {1, 2}),
                                new ResourceRequest(1500, 2L << 30, 2),
                                Duration.ofMinutes(5)),
                        soon());

        Job job = job();
        PodSpec pod = job.getSpec().getTemplate().getSpec();
        Container container = pod.getContainers().getFirst();
        assertThat(job.getMetadata().getName()).isEqualTo("weft-" + key).hasSizeLessThan(64);
        assertThat(job.getSpec().getBackoffLimit()).isZero();
        assertThat(job.getSpec().getActiveDeadlineSeconds()).isEqualTo(300);
        assertThat(job.getSpec().getTtlSecondsAfterFinished()).isEqualTo(86400);
        assertThat(job.getSpec().getSuspend()).isFalse();
        assertThat(pod.getRestartPolicy()).isEqualTo("Never");
        assertThat(pod.getServiceAccountName()).isEqualTo("weft-runs");
        assertThat(pod.getAutomountServiceAccountToken()).isFalse();
        assertThat(pod.getNodeSelector())
                .containsOnly(Map.entry("accelerator", "nvidia-l4"), Map.entry("pool", "batch"));
        assertThat(pod.getTolerations())
                .extracting("key", "operator", "value", "effect")
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("nvidia.com/gpu", "Exists", null, "NoSchedule"),
                        org.assertj.core.groups.Tuple.tuple("team", "Equal", "ml", "NoExecute"),
                        org.assertj.core.groups.Tuple.tuple("spot", "Exists", null, null));
        assertThat(container.getImage()).isEqualTo("registry.example/trainer:1");
        assertThat(container.getCommand()).containsExactly("python", "train.py");
        assertThat(container.getArgs()).containsExactly("/weft/job");
        assertThat(container.getResources().getLimits())
                .containsEntry("nvidia.com/gpu", new Quantity("2"))
                .containsEntry("memory", new Quantity("2147483648"));
        assertThat(container.getResources().getRequests()).containsEntry("cpu", new Quantity("1500m"));
        assertThat(container.getVolumeMounts().getFirst().getSubPath()).isEqualTo(key.toString());
        JobFile file = JobFile.read(shared.resolve(key.toString()));
        assertThat(file.data()).containsEntry("train", "data/intents.csv");
    }

    @Test
    void builtInRuntimeFindsInItsPodWhatItNeeds(@TempDir Path elsewhere) throws IOException {
        Files.createDirectories(elsewhere.resolve("encoder/onnx"));
        Files.writeString(elsewhere.resolve("encoder/onnx/model.onnx"), "weights");
        Files.writeString(elsewhere.resolve("ca.pem"), "authority");
        told = new RuntimeSettings.Told(
                Map.of("inference", "gateway:8080"),
                Map.of("encoder", elsewhere.resolve("encoder"), "authority", elsewhere.resolve("ca.pem")));
        settings.put("weft.training.kubernetes.key-from", "weft-run-key/key");
        settings.put("weft.training.kubernetes.run-as-user", "10001");
        dispatcherPod("registry.example/weft/training-dispatcher:0.1.0");

        backend().submit(builtIn(), soon());

        JobFile file = JobFile.read(shared.resolve(key.toString()));
        assertThat(file.settings())
                .containsEntry("inference", "gateway:8080")
                .containsEntry("encoder", "/weft/job/files/encoder")
                .containsEntry("authority", "/weft/job/files/authority");
        Path files = shared.resolve(key.toString()).resolve("files");
        assertThat(files.resolve("encoder/onnx/model.onnx")).hasContent("weights");
        assertThat(files.resolve("authority")).hasContent("authority");
        PodTemplateSpec pods = job().getSpec().getTemplate();
        assertThat(pods.getMetadata().getLabels()).containsEntry("app.kubernetes.io/name", "weft-run");
        assertThat(pods.getSpec().getSecurityContext().getRunAsNonRoot()).isTrue();
        assertThat(pods.getSpec().getSecurityContext().getFsGroup()).isEqualTo(10001);
        Container container = pods.getSpec().getContainers().getFirst();
        assertThat(container.getImage()).isEqualTo("registry.example/weft/training-dispatcher:0.1.0");
        assertThat(container.getArgs()).containsExactly("text-classifier", "/weft/job");
        assertThat(container.getEnv())
                .filteredOn(variable -> variable.getName().equals("MESH_KEY"))
                .singleElement()
                .satisfies(variable -> assertThat(variable.getValueFrom().getSecretKeyRef())
                        .isEqualTo(new SecretKeySelector("key", "weft-run-key", true)));
    }

    private void dispatcherPod(String image) {
        client.pods()
                .inNamespace("training")
                .resource(new PodBuilder()
                        .withNewMetadata()
                        .withName("training-dispatcher-7d")
                        .endMetadata()
                        .withNewSpec()
                        .addNewContainer()
                        .withName("training-dispatcher")
                        .withImage(image)
                        .endContainer()
                        .endSpec()
                        .build())
                .create();
    }

    private RunRequest builtIn() {
        return new RunRequest(
                key,
                new TrainingRuntime.BuiltIn(
                        "text-classifier",
                        "",
                        new Parameters(List.of()),
                        new Resources(1000, 1L << 30, 0),
                        "text-classifier"),
                "{}",
                new DataSource.None(),
                Optional.empty(),
                new ResourceRequest(1000, 1L << 30, 0),
                Duration.ofMinutes(5));
    }

    @Test
    void builtInRuntimeNeedsAnImage() {
        assertThatThrownBy(() -> backend().submit(builtIn(), soon()))
                .isInstanceOf(FailedPrecondition.class)
                .hasMessageStartingWith("weft.training.kubernetes.image: not set");
    }

    @Test
    void queuedJobIsMadeSuspendedAndWaitsToBeAdmitted() {
        settings.put("weft.training.kubernetes.queue", "gpu-queue");

        backend().submit(request(key), soon());

        assertThat(job().getMetadata().getLabels()).containsEntry("kueue.x-k8s.io/queue-name", "gpu-queue");
        assertThat(job().getSpec().getSuspend()).isTrue();
        assertThat(observe()).isInstanceOfSatisfying(Observation.Waiting.class, waiting -> assertThat(waiting.reason())
                .contains("gpu-queue"));
        cluster().admit(key);
        assertThat(observe()).isInstanceOf(Observation.Running.class);
    }

    @Test
    void suspendedJobThatIsCancelledNeverGetsAPod() {
        settings.put("weft.training.kubernetes.queue", "gpu-queue");
        backend().submit(request(key), soon());

        backend().cancel(key, soon());
        cluster().admit(key);

        assertThat(begun(key)).isZero();
        assertThat(kind()).isEqualTo(Kind.CANCELLED);
    }

    @Test
    void podThatCannotBeScheduledWaitsWithTheReason() {
        backend().submit(request(key), soon());
        awaitBegun();
        cluster()
                .podIs(
                        key,
                        new PodStatusBuilder()
                                .withPhase("Pending")
                                .addNewCondition()
                                .withType("PodScheduled")
                                .withStatus("False")
                                .withReason("Unschedulable")
                                .withMessage("0/3 nodes are available: 3 Insufficient nvidia.com/gpu.")
                                .endCondition()
                                .build());

        assertThat(observe()).isInstanceOfSatisfying(Observation.Waiting.class, waiting -> assertThat(waiting.reason())
                .contains("Unschedulable", "Insufficient nvidia.com/gpu"));
    }

    private void waitingBecause(String reason) {
        cluster()
                .podIs(
                        key,
                        new PodStatusBuilder()
                                .withPhase("Pending")
                                .addNewContainerStatus()
                                .withName(JobManifest.CONTAINER)
                                .withNewState()
                                .withNewWaiting()
                                .withReason(reason)
                                .withMessage("no such image")
                                .endWaiting()
                                .endState()
                                .endContainerStatus()
                                .build());
    }

    @Test
    void imageThatCannotBePulledIsWaitedForAndThenEndsTheRun() {
        backend().submit(request(key), soon());
        awaitBegun();
        waitingBecause("ImagePullBackOff");
        Observation patient = observe();
        settings.put("weft.training.kubernetes.pull-patience", "0s");

        Observation ending = observe();

        assertThat(patient).isInstanceOf(Observation.Waiting.class);
        assertThat(ending).isInstanceOf(Observation.Running.class);
        assertThat(kind()).isEqualTo(Kind.INPUT);
        assertThat(cluster().pods(key)).isEmpty();
    }

    @Test
    void imageNameThatIsNoneEndsTheRunAtOnce() {
        backend().submit(request(key), soon());
        awaitBegun();
        waitingBecause("InvalidImageName");

        observe();

        assertThat(kind()).isEqualTo(Kind.INPUT);
    }

    @ParameterizedTest
    @CsvSource({"Evicted", "Preempting", "NodeLost", "Terminated"})
    void podThatWasTakenAwayIsNotTheProgramsFailure(String reason) {
        backend().submit(request(key), soon());
        awaitBegun();
        cluster()
                .podIs(
                        key,
                        new PodStatusBuilder()
                                .withPhase("Failed")
                                .withReason(reason)
                                .build());
        cluster().jobFails(key, "BackoffLimitExceeded");

        assertThat(kind()).isEqualTo(Kind.INFRASTRUCTURE);
    }

    @Test
    void disruptionIsTakenForWhatItIsAlthoughTheProgramHasAnExitCode() {
        backend().submit(request(key), soon());
        awaitBegun();
        cluster().podEnds(key, 143, "Error");
        Pod pod = cluster().pods(key).getFirst();
        cluster()
                .podIs(
                        key,
                        new PodStatusBuilder(pod.getStatus())
                                .addNewCondition()
                                .withType("DisruptionTarget")
                                .withStatus("True")
                                .withReason("PreemptionByScheduler")
                                .endCondition()
                                .build());

        assertThat(kind()).isEqualTo(Kind.INFRASTRUCTURE);
    }

    @Test
    void lackOfMemoryIsToldFromAnExitCode() {
        backend().submit(request(key), soon());
        awaitBegun();

        cluster().podEnds(key, 137, "OOMKilled");

        assertThat(((Observation.Ended) observe()).reason().message()).contains("memory");
    }

    @Test
    void deadlineOfTheClusterIsTold() {
        backend().submit(request(key), soon());
        awaitBegun();

        cluster().jobFails(key, "DeadlineExceeded");

        assertThat(kind()).isEqualTo(Kind.DEADLINE);
    }

    @Test
    void podThatHasEndedBeforeItsJobSaysSoStillCounts() {
        backend().submit(request(key), soon());
        awaitBegun();
        cluster().podIs(key, new PodStatusBuilder().withPhase("Succeeded").build());

        assertThat(observe()).isInstanceOf(Observation.Running.class);
        cluster().jobSucceeds(key);
        assertThat(observe()).isInstanceOf(Observation.Exited.class);
    }

    @Test
    void failedJobWhosePodIsGoneIsTheMachinesFault() {
        backend().submit(request(key), soon());
        awaitBegun();
        cluster().jobFails(key, "BackoffLimitExceeded");
        cluster().podsVanish(key);

        assertThat(kind()).isEqualTo(Kind.INFRASTRUCTURE);
    }

    @Test
    void jobThatSomebodyDeletedIsMissing() {
        backend().submit(request(key), soon());
        cluster().jobVanishes(key);

        assertThat(observe()).isInstanceOf(Observation.Missing.class);
    }

    @Test
    void commandsAreRefused() {
        RunRequest request = new RunRequest(
                key,
                new TrainingRuntime.Command(
                        "trainer", "", new Parameters(List.of()), new Resources(1000, 1L << 30, 0), List.of("true")),
                "{}",
                new DataSource.None(),
                Optional.empty(),
                ResourceRequest.UNSAID,
                Duration.ofMinutes(1));

        assertThatThrownBy(() -> backend().submit(request, soon())).isInstanceOf(Failure.InvalidArgument.class);
    }

    @Test
    void backendThatIsOffAsksNoCluster() {
        KubernetesJobBackend off = new KubernetesJobBackend(
                () -> {
                    throw new IllegalStateException("asked");
                },
                JobFixture.config(KubernetesConfig.class, Map.of()),
                (_, _, _) -> told);

        assertThat(off.maxRuns()).isZero();
    }

    @Test
    void linesOfALogAreReadOnceAndInOrder() {
        String log =
                "2026-03-01T10:00:00.1Z one\n2026-03-01T10:00:00.15Z two\n2026-03-01T10:00:01Z \n2026-03-01T10:00:01.2Z fo";

        var first = PodLogs.piece(log, "", true);
        var second = PodLogs.piece(log + "ur\n2026-03-01T10:00:02Z five", first.cursor(), false);

        assertThat(first.lines()).extracting("text").containsExactly("one", "two", "");
        assertThat(first.more()).isTrue();
        assertThat(second.lines()).extracting("text").containsExactly("four", "five");
        assertThat(PodLogs.piece("", second.cursor(), false).cursor()).isEqualTo(second.cursor());
    }
}
