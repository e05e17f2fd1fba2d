package dev.weft.training.backend.kubernetes;

import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.time.Deadline;
import dev.weft.store.DurableFiles;
import dev.weft.training.backend.ExternalRun;
import dev.weft.training.backend.JobFolders;
import dev.weft.training.backend.Observation;
import dev.weft.training.backend.OutputPiece;
import dev.weft.training.backend.RunRequest;
import dev.weft.training.backend.TrainingBackend;
import dev.weft.training.job.EndReason;
import dev.weft.training.job.EndReason.Kind;
import dev.weft.training.job.RunKey;
import dev.weft.training.runtime.RuntimeSettings;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.JobCondition;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.ScalableResource;
import jakarta.inject.Inject;
import jakarta.inject.Provider;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * Runs as Jobs of a Kubernetes cluster. A Job's name follows from its run, so that the API server itself sees to it that a run is begun once; and a Job
 * stays for some time after it was ended, so that a dispatcher that comes late cannot make it again. Thread-safe.
 */
@Singleton
final class KubernetesJobBackend implements TrainingBackend {

    private static final int CONFLICT = 409;
    private static final int NOT_FOUND = 404;
    private static final int FORBIDDEN = 403;
    private static final int UNAUTHORIZED = 401;
    private static final int TOO_MANY = 429;
    private static final int SERVER_ERROR = 500;

    private final Provider<KubernetesClient> client;
    private final KubernetesConfig config;
    private final JobManifest manifest;
    private final JobFolders folders;
    private final PodLogs logs;

    /** A pod's is its name. */
    private final Optional<String> hostName;

    @Inject
    KubernetesJobBackend(Provider<KubernetesClient> client, KubernetesConfig config, RuntimeSettings settings) {
        this(client, config, settings, Optional.ofNullable(System.getenv("HOSTNAME")));
    }

    KubernetesJobBackend(
            Provider<KubernetesClient> client,
            KubernetesConfig config,
            RuntimeSettings settings,
            Optional<String> hostName) {
        this.client = client;
        this.hostName = hostName;
        this.config = config;
        this.manifest = new JobManifest(config, this::ownImage);
        this.folders = new JobFolders(
                Optional.of(JobManifest.FOLDER),
                settings,
                config.settings(),
                config.dataFolders().orElse(List.of()),
                "weft.training.kubernetes.data-folders");
        this.logs = new PodLogs(client, config.namespace());
    }

    @Override
    public String name() {
        return "kubernetes";
    }

    @Override
    public Optional<UUID> site() {
        return Optional.empty();
    }

    @Override
    public int maxRuns() {
        return config.maxRuns();
    }

    private ScalableResource<Job> resource(RunKey key) {
        return client.get().batch().v1().jobs().inNamespace(config.namespace()).withName(JobManifest.name(key));
    }

    private Optional<Job> job(RunKey key) {
        return Optional.ofNullable(resource(key).get());
    }

    @Override
    public ExternalRun submit(RunRequest request, Deadline deadline) {
        return calling(() -> {
            Optional<Job> there = job(request.key());
            if (there.isEmpty()) {
                Job wanted = manifest.of(request);
                fill(request);
                try {
                    client.get()
                            .batch()
                            .v1()
                            .jobs()
                            .inNamespace(config.namespace())
                            .resource(wanted)
                            .create();
                } catch (KubernetesClientException e) {
                    if (e.getCode() != CONFLICT) {
                        throw e;
                    }
                    // Another dispatcher, or this one before it was cut off, has made it.
                }
                there = job(request.key());
            }
            if (there.isPresent() && ended(there.get()).isPresent() && !isFinished(there.get())) {
                throw new FailedPrecondition("run " + request.key() + ": cancelled before it was begun");
            }
            return external(request.key());
        });
    }

    /** The one that this process runs in, if it runs in a pod of the namespace. */
    private Optional<String> ownImage() {
        return hostName.map(pod -> client.get()
                        .pods()
                        .inNamespace(config.namespace())
                        .withName(pod)
                        .get())
                .map(pod -> pod.getSpec().getContainers().getFirst().getImage());
    }

    private void fill(RunRequest request) {
        try {
            folders.fill(request, folder(request.key()));
        } catch (IOException e) {
            throw new Unavailable("run " + request.key() + ": its folder cannot be written: " + e);
        }
    }

    private Path folder(RunKey key) {
        return config.sharedFolder()
                .orElseThrow(() -> new FailedPrecondition(
                        "weft.training.kubernetes.shared-folder: not set (expected: where the claim is mounted)"))
                .resolve(key.toString());
    }

    private ExternalRun external(RunKey key) {
        return new ExternalRun(key, "job " + config.namespace() + "/" + JobManifest.name(key));
    }

    @Override
    public Optional<ExternalRun> find(RunKey key, Deadline deadline) {
        return calling(() -> job(key).map(_ -> external(key)));
    }

    @Override
    public Observation observe(RunKey key, Deadline deadline) {
        return calling(() -> job(key).map(job -> observe(key, job)).orElseGet(Observation.Missing::new));
    }

    private Observation observe(RunKey key, Job job) {
        List<Pod> pods = pods(key);
        boolean live = pods.stream().anyMatch(PodState::isLive);
        Optional<Pod> last = pods.isEmpty() ? Optional.empty() : Optional.of(pods.getLast());
        Optional<String> failed = condition(job, "Failed");
        if (condition(job, "Complete").isPresent()) {
            return new Observation.Exited(0, last.map(logs::lastLines).orElse(List.of()));
        }
        Optional<EndReason> ended = ended(job);
        if (ended.isPresent()) {
            return live ? new Observation.Running() : new Observation.Ended(ended.get());
        }
        if (failed.isPresent()) {
            return failed(failed.get(), last);
        }
        if (Boolean.TRUE.equals(job.getSpec().getSuspend())) {
            return new Observation.Waiting("suspended: waits to be admitted"
                    + config.queue().map(queue -> " by the queue " + queue).orElse(""));
        }
        if (last.isEmpty()) {
            return new Observation.Waiting("the cluster has made no pod yet");
        }
        Optional<EndReason> never = PodState.neverStarts(last.get()).or(() -> PodState.noImage(last.get())
                .filter(_ -> age(last.get()).compareTo(config.pullPatience()) > 0));
        if (never.isPresent()) {
            end(key, job, never.get());
            return new Observation.Running();
        }
        // A pod that has ended, of a Job that does not say so yet, will soon be told.
        return PodState.isLive(last.get()) ? PodState.beginning(last.get()) : new Observation.Running();
    }

    private Observation failed(String reason, Optional<Pod> pod) {
        if (reason.equals("DeadlineExceeded")) {
            return new Observation.Ended(new EndReason(Kind.DEADLINE, "the cluster ended it at its deadline"));
        }
        return pod.map(one -> PodState.failed(one, logs.lastLines(one)))
                .orElseGet(() -> new Observation.Ended(
                        new EndReason(Kind.INFRASTRUCTURE, "the Job failed (" + reason + ") and its pod is gone")));
    }

    private List<Pod> pods(RunKey key) {
        return client
                .get()
                .pods()
                .inNamespace(config.namespace())
                .withLabel(JobManifest.RUN, key.toString())
                .list()
                .getItems()
                .stream()
                .sorted(java.util.Comparator.comparing(KubernetesJobBackend::created))
                .toList();
    }

    private static Instant created(Pod pod) {
        String at = pod.getMetadata().getCreationTimestamp();
        return at == null ? Instant.EPOCH : Instant.parse(at);
    }

    private static Duration age(Pod pod) {
        return Duration.between(created(pod), Instant.now());
    }

    /** The reason that a condition which holds gives; empty when it does not hold. */
    private static Optional<String> condition(Job job, String type) {
        if (job.getStatus() == null || job.getStatus().getConditions() == null) {
            return Optional.empty();
        }
        for (JobCondition condition : job.getStatus().getConditions()) {
            if (type.equals(condition.getType()) && "True".equals(condition.getStatus())) {
                return Optional.of(Objects.requireNonNullElse(condition.getReason(), ""));
            }
        }
        return Optional.empty();
    }

    private static boolean isFinished(Job job) {
        return condition(job, "Complete").isPresent()
                || condition(job, "Failed").isPresent();
    }

    private static Optional<EndReason> ended(Job job) {
        if (job.getMetadata().getAnnotations() == null) {
            return Optional.empty();
        }
        String text = job.getMetadata().getAnnotations().get(JobManifest.CANCELLED);
        int colon = text == null ? -1 : text.indexOf(':');
        return text == null || colon < 0
                ? Optional.empty()
                : Optional.of(new EndReason(Kind.valueOf(text.substring(0, colon)), text.substring(colon + 1)));
    }

    @Override
    public OutputPiece read(RunKey key, String cursor, Deadline deadline) {
        return calling(() -> {
            List<Pod> pods = pods(key);
            return pods.isEmpty() ? new OutputPiece(List.of(), cursor, false) : logs.read(pods.getLast(), cursor);
        });
    }

    @Override
    public void cancel(RunKey key, Deadline deadline) {
        calling(() -> {
            EndReason reason = new EndReason(Kind.CANCELLED, "ended");
            Optional<Job> job = job(key);
            if (job.isEmpty()) {
                try {
                    client.get()
                            .batch()
                            .v1()
                            .jobs()
                            .inNamespace(config.namespace())
                            .resource(manifest.tombstone(key, text(reason)))
                            .create();
                } catch (KubernetesClientException e) {
                    if (e.getCode() != CONFLICT) {
                        throw e;
                    }
                    job(key).ifPresent(made -> end(key, made, reason));
                }
            } else if (!isFinished(job.get()) && ended(job.get()).isEmpty()) {
                end(key, job.get(), reason);
            }
            return true;
        });
    }

    private static String text(EndReason reason) {
        return reason.kind() + ":" + reason.message();
    }

    /**
     * No parallelism means no pods; a deadline of a second then ends the Job, so that the cluster removes it after its time. A suspended Job has no pods
     * and stays suspended: to wake it would be the queue's to decide.
     */
    private void end(RunKey key, Job job, EndReason reason) {
        boolean suspended = Boolean.TRUE.equals(job.getSpec().getSuspend());
        resource(key).edit(now -> {
            JobBuilder changed = new JobBuilder(now);
            changed.editMetadata()
                    .addToAnnotations(JobManifest.CANCELLED, text(reason))
                    .endMetadata();
            changed.editSpec().withParallelism(0).endSpec();
            if (!suspended) {
                changed.editSpec().withActiveDeadlineSeconds(1L).endSpec();
            }
            return changed.build();
        });
    }

    @Override
    public Path output(RunKey key, Path scratch, Deadline deadline) {
        Path output = folder(key).resolve(JobFolders.OUTPUT);
        if (!Files.isDirectory(output)) {
            throw new FailedPrecondition("run " + key + ": its output is not there any more");
        }
        return output;
    }

    @Override
    public void discard(RunKey key, Deadline deadline) {
        calling(() -> {
            Optional<Job> job = job(key);
            boolean over = job.isEmpty()
                    || isFinished(job.get())
                    || (ended(job.get()).isPresent() && pods(key).stream().noneMatch(PodState::isLive));
            if (!over) {
                return false;
            }
            try {
                if (config.sharedFolder().isPresent()) {
                    DurableFiles.delete(folder(key));
                }
            } catch (IOException e) {
                throw new Unavailable("run " + key + ": its folder cannot be removed: " + e);
            }
            resource(key).withPropagationPolicy(DeletionPropagation.BACKGROUND).delete();
            return true;
        });
    }

    @Override
    public List<RunKey> runs(Deadline deadline) {
        return calling(() -> client
                .get()
                .batch()
                .v1()
                .jobs()
                .inNamespace(config.namespace())
                .withLabel(JobManifest.INSTALLATION, config.installation())
                .list()
                .getItems()
                .stream()
                .flatMap(job -> JobManifest.key(job).stream())
                .toList());
    }

    /** The client's own time limits bound each call: {@code quarkus.kubernetes-client.request-timeout} and {@code connection-timeout}. */
    private static <T> T calling(Supplier<T> call) {
        try {
            return call.get();
        } catch (KubernetesClientException e) {
            throw failure(e);
        }
    }

    private static Failure failure(KubernetesClientException e) {
        int code = e.getCode();
        String message = "the cluster: " + e.getMessage();
        if (code == FORBIDDEN || code == UNAUTHORIZED || code == NOT_FOUND) {
            return new FailedPrecondition(message);
        }
        return code >= 400 && code < SERVER_ERROR && code != TOO_MANY && code != CONFLICT
                ? new InvalidArgument(message)
                : new Unavailable(message);
    }
}
