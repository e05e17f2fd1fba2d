package dev.weft.training.backend.kubernetes;

import dev.weft.training.job.RunKey;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.JobStatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a cluster's controllers would do with Jobs, on a server that only keeps objects. */
final class TestCluster {

    private final KubernetesClient client;
    private final String namespace;
    private final Map<RunKey, Integer> made;

    TestCluster(KubernetesClient client, String namespace, Map<RunKey, Integer> made) {
        this.client = client;
        this.namespace = namespace;
        this.made = made;
    }

    Optional<Job> job(RunKey key) {
        return Optional.ofNullable(client.batch()
                .v1()
                .jobs()
                .inNamespace(namespace)
                .withName(JobManifest.name(key))
                .get());
    }

    List<Pod> pods(RunKey key) {
        return client.pods()
                .inNamespace(namespace)
                .withLabel(JobManifest.RUN, key.toString())
                .list()
                .getItems();
    }

    /** The Job controller and the kubelet: pods appear and run, and go when no more are wanted. */
    void act() {
        // One controller at a time, as in a cluster.
        synchronized (made) {
            actAlone();
        }
    }

    private void actAlone() {
        for (Job job : client.batch().v1().jobs().inNamespace(namespace).list().getItems()) {
            RunKey key = JobManifest.key(job).orElseThrow();
            boolean finished = job.getStatus() != null
                    && job.getStatus().getConditions() != null
                    && !job.getStatus().getConditions().isEmpty();
            boolean wanted = !Boolean.TRUE.equals(job.getSpec().getSuspend())
                    && job.getSpec().getParallelism() > 0;
            if (!finished && wanted && pods(key).isEmpty()) {
                made.merge(key, 1, Integer::sum);
                client.pods()
                        .inNamespace(namespace)
                        .resource(new PodBuilder()
                                .withNewMetadata()
                                .withName(JobManifest.name(key) + "-x7k2p")
                                .withCreationTimestamp(Instant.now()
                                        .minus(1, ChronoUnit.SECONDS)
                                        .truncatedTo(ChronoUnit.SECONDS)
                                        .toString())
                                .withLabels(job.getSpec()
                                        .getTemplate()
                                        .getMetadata()
                                        .getLabels())
                                .endMetadata()
                                .withSpec(job.getSpec().getTemplate().getSpec())
                                .withNewStatus()
                                .withPhase("Running")
                                .endStatus()
                                .build())
                        .create();
            }
            if (!finished && !wanted) {
                podsVanish(key);
            }
        }
    }

    void podsVanish(RunKey key) {
        client.pods()
                .inNamespace(namespace)
                .withLabel(JobManifest.RUN, key.toString())
                .delete();
    }

    void jobVanishes(RunKey key) {
        client.batch()
                .v1()
                .jobs()
                .inNamespace(namespace)
                .withName(JobManifest.name(key))
                .delete();
    }

    void admit(RunKey key) {
        client.batch()
                .v1()
                .jobs()
                .inNamespace(namespace)
                .withName(JobManifest.name(key))
                .edit(job -> new JobBuilder(job)
                        .editSpec()
                        .withSuspend(false)
                        .endSpec()
                        .build());
        act();
    }

    void podIs(RunKey key, PodStatus status) {
        for (Pod pod : pods(key)) {
            client.pods()
                    .inNamespace(namespace)
                    .resource(new PodBuilder(pod).withStatus(status).build())
                    .update();
        }
    }

    void podEnds(RunKey key, int code, String reason) {
        podIs(
                key,
                new PodStatusBuilder()
                        .withPhase(code == 0 ? "Succeeded" : "Failed")
                        .addNewContainerStatus()
                        .withName(JobManifest.CONTAINER)
                        .withNewState()
                        .withNewTerminated()
                        .withExitCode(code)
                        .withReason(code == 0 ? "Completed" : reason)
                        .endTerminated()
                        .endState()
                        .endContainerStatus()
                        .build());
        if (code == 0) {
            jobSucceeds(key);
        } else {
            jobFails(key, "BackoffLimitExceeded");
        }
    }

    void jobSucceeds(RunKey key) {
        condition(key, "Complete", "CompletionsReached");
    }

    void jobFails(RunKey key, String reason) {
        condition(key, "Failed", reason);
    }

    private void condition(RunKey key, String type, String reason) {
        client.batch()
                .v1()
                .jobs()
                .inNamespace(namespace)
                .resource(new JobBuilder(job(key).orElseThrow())
                        .withStatus(new JobStatusBuilder()
                                .addNewCondition()
                                .withType(type)
                                .withStatus("True")
                                .withReason(reason)
                                .endCondition()
                                .build())
                        .build())
                .update();
    }
}
