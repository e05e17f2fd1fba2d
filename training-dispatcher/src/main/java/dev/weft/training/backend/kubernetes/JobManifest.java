package dev.weft.training.backend.kubernetes;

import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.training.backend.RunRequest;
import dev.weft.training.job.RunKey;
import dev.weft.training.runtime.TrainingRuntime;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.SecretKeySelector;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.TolerationBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What is asked of the cluster for a run.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/workloads/controllers/job/">Jobs</a>
 * @see <a href="https://kueue.sigs.k8s.io/docs/tasks/run/jobs/">Kueue: Jobs are made suspended, with the queue's label</a>
 */
final class JobManifest {

    static final String CONTAINER = "training";
    static final String INSTALLATION = "weft.dev/installation";
    static final String RUN = "weft.dev/run";
    static final String CANCELLED = "weft.dev/ended-because";
    static final String QUEUE = "kueue.x-k8s.io/queue-name";

    /** Where a run sees its folder. */
    static final Path FOLDER = Path.of("/weft/job");

    private static final String MANAGED_BY = "app.kubernetes.io/managed-by";
    private static final String PREFIX = "weft-";
    private static final String VOLUME = "job";
    private static final String MESH_KEY = "MESH_KEY";

    /** Never pulled: a Job that only keeps a name from being used has no pods. */
    private static final String NO_IMAGE = "weft.invalid/none";

    private final KubernetesConfig config;
    private final Supplier<Optional<String>> ownImage;

    /**
     * Manifests as the configuration says.
     *
     * @param ownImage the dispatcher's own, when it knows it
     */
    JobManifest(KubernetesConfig config, Supplier<Optional<String>> ownImage) {
        this.config = config;
        this.ownImage = ownImage;
    }

    /** Within 63 characters, as a pod's name and its label's value need. */
    static String name(RunKey key) {
        return PREFIX + key;
    }

    static Optional<RunKey> key(Job job) {
        Map<String, String> labels = job.getMetadata().getLabels();
        return labels == null
                ? Optional.empty()
                : Optional.ofNullable(labels.get(RUN)).flatMap(RunKey::parse);
    }

    private Map<String, String> labels(RunKey key) {
        Map<String, String> labels = new HashMap<>();
        // By these the network's policies know a run.
        labels.put("app.kubernetes.io/name", "weft-run");
        labels.put("app.kubernetes.io/part-of", "weft");
        labels.put(MANAGED_BY, "weft");
        labels.put(INSTALLATION, config.installation());
        labels.put(RUN, key.toString());
        return labels;
    }

    Job of(RunRequest request) {
        Map<String, String> labels = labels(request.key());
        config.queue().ifPresent(queue -> labels.put(QUEUE, queue));
        return new JobBuilder()
                .withNewMetadata()
                .withName(name(request.key()))
                .withNamespace(config.namespace())
                .withLabels(labels)
                .endMetadata()
                .withNewSpec()
                .withCompletions(1)
                .withParallelism(1)
                // A second pod would be a second run; attempts are the dispatcher's to count.
                .withBackoffLimit(0)
                .withActiveDeadlineSeconds(Math.max(1, request.timeLeft().toSeconds()))
                .withTtlSecondsAfterFinished(Math.toIntExact(config.ttl().toSeconds()))
                .withSuspend(config.queue().isPresent())
                .withNewTemplate()
                .withNewMetadata()
                .withLabels(labels(request.key()))
                .endMetadata()
                .withSpec(pod(request).build())
                .endTemplate()
                .endSpec()
                .build();
    }

    /** Takes a run's name so that nobody can begin it any more. */
    Job tombstone(RunKey key, String reason) {
        return new JobBuilder()
                .withNewMetadata()
                .withName(name(key))
                .withNamespace(config.namespace())
                .withLabels(labels(key))
                .addToAnnotations(CANCELLED, reason)
                .endMetadata()
                .withNewSpec()
                .withParallelism(0)
                .withCompletions(1)
                .withBackoffLimit(0)
                .withSuspend(true)
                .withTtlSecondsAfterFinished(Math.toIntExact(config.ttl().toSeconds()))
                .withNewTemplate()
                .withNewSpec()
                .withRestartPolicy("Never")
                .addNewContainer()
                .withName(CONTAINER)
                .withImage(NO_IMAGE)
                .endContainer()
                .endSpec()
                .endTemplate()
                .endSpec()
                .build();
    }

    private PodSpecBuilder pod(RunRequest request) {
        Map<String, String> nodes = new HashMap<>(config.nodeSelector());
        if (request.resources().gpus() > 0) {
            nodes.putAll(config.gpuNodeSelector());
        }
        String claim = config.claim()
                .orElseThrow(() -> new FailedPrecondition(
                        "weft.training.kubernetes.claim: not set (expected: a claim for data and results)"));
        PodSpecBuilder pod = new PodSpecBuilder()
                .withRestartPolicy("Never")
                .withAutomountServiceAccountToken(false)
                .withEnableServiceLinks(false)
                .withNodeSelector(nodes)
                .withTolerations(tolerations())
                .withNewSecurityContext()
                .withRunAsNonRoot(config.runAsNonRoot())
                .withRunAsUser(config.runAsUser().orElse(null))
                .withRunAsGroup(config.runAsUser().orElse(null))
                .withFsGroup(config.runAsUser().orElse(null))
                .withFsGroupChangePolicy(
                        config.runAsUser().map(_ -> "OnRootMismatch").orElse(null))
                .withNewSeccompProfile()
                .withType("RuntimeDefault")
                .endSeccompProfile()
                .endSecurityContext()
                .withContainers(container(request))
                .addNewVolume()
                .withName(VOLUME)
                .withNewPersistentVolumeClaim()
                .withClaimName(claim)
                .endPersistentVolumeClaim()
                .endVolume();
        config.serviceAccount().ifPresent(pod::withServiceAccountName);
        return pod;
    }

    private Container container(RunRequest request) {
        Map<String, Quantity> limits = new HashMap<>();
        if (request.resources().memoryBytes() > 0) {
            limits.put("memory", new Quantity(Long.toString(request.resources().memoryBytes())));
        }
        if (request.resources().gpus() > 0) {
            limits.put(
                    config.gpuResource(),
                    new Quantity(Integer.toString(request.resources().gpus())));
        }
        Map<String, Quantity> requests = new HashMap<>(limits);
        if (request.resources().cpuMillis() > 0) {
            requests.put("cpu", new Quantity(request.resources().cpuMillis() + "m"));
        }
        ContainerBuilder container = new ContainerBuilder()
                .withName(CONTAINER)
                .withNewResources()
                .withLimits(limits)
                .withRequests(requests)
                .endResources()
                .addNewEnv()
                .withName("WEFT_RUN")
                .withValue(request.key().toString())
                .endEnv()
                .withNewSecurityContext()
                .withAllowPrivilegeEscalation(false)
                .withNewCapabilities()
                .withDrop("ALL")
                .endCapabilities()
                .endSecurityContext()
                .addNewVolumeMount()
                .withName(VOLUME)
                .withMountPath(FOLDER.toString())
                .withSubPath(request.key().toString())
                .endVolumeMount();
        config.keyFrom().map(JobManifest::secretKey).ifPresent(secret -> container
                .addNewEnv()
                .withName(MESH_KEY)
                .withNewValueFrom()
                .withSecretKeyRef(secret)
                .endValueFrom()
                .endEnv());
        program(request.runtime(), container);
        return container.build();
    }

    /** Not having it is no reason for a pod not to start: a gateway may need none. */
    private static SecretKeySelector secretKey(String nameAndKey) {
        int slash = nameAndKey.indexOf('/');
        if (slash < 1 || slash == nameAndKey.length() - 1) {
            throw new FailedPrecondition(
                    "weft.training.kubernetes.key-from: '" + nameAndKey + "' (expected: SECRET/KEY)");
        }
        return new SecretKeySelector(nameAndKey.substring(slash + 1), nameAndKey.substring(0, slash), true);
    }

    private void program(TrainingRuntime runtime, ContainerBuilder container) {
        switch (runtime) {
            case TrainingRuntime.Container(var _, var _, var _, var _, String image, List<String> command) -> {
                container.withImage(image).withArgs(FOLDER.toString());
                if (!command.isEmpty()) {
                    container.withCommand(command);
                }
            }
            case TrainingRuntime.BuiltIn builtIn ->
                container
                        .withImage(
                                config.image()
                                        .or(ownImage)
                                        .orElseThrow(
                                                () -> new FailedPrecondition(
                                                        "weft.training.kubernetes.image: not set, and this process is in no pod of the namespace (expected: the dispatcher's image, for built-in runtimes)")))
                        .withArgs(builtIn.mode(), FOLDER.toString());
            case TrainingRuntime.Command command ->
                throw new InvalidArgument("runtime: '" + command.name()
                        + "' is a command (expected: a container or a built-in one, on the backend kubernetes)");
        }
    }

    private List<Toleration> tolerations() {
        List<Toleration> tolerations = new ArrayList<>();
        for (String text : config.tolerations().orElse(List.of())) {
            int colon = text.lastIndexOf(':');
            String taint = colon < 0 ? text : text.substring(0, colon);
            int equals = taint.indexOf('=');
            TolerationBuilder toleration = new TolerationBuilder()
                    .withKey(equals < 0 ? taint : taint.substring(0, equals))
                    .withOperator(equals < 0 ? "Exists" : "Equal");
            if (equals >= 0) {
                toleration.withValue(taint.substring(equals + 1));
            }
            if (colon >= 0) {
                toleration.withEffect(text.substring(colon + 1));
            }
            tolerations.add(toleration.build());
        }
        return tolerations;
    }
}
