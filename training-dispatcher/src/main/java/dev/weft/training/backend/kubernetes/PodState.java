package dev.weft.training.backend.kubernetes;

import dev.weft.training.backend.Observation;
import dev.weft.training.job.EndReason;
import dev.weft.training.job.EndReason.Kind;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a pod tells about its run. */
final class PodState {

    /** The pod was taken away; its program did nothing wrong. */
    private static final Set<String> TAKEN_AWAY = Set.of(
            "Evicted",
            "Preempting",
            "Shutdown",
            "NodeShutdown",
            "NodeLost",
            "NodeAffinity",
            "Terminated",
            "UnexpectedAdmissionError",
            "OutOfcpu",
            "OutOfmemory",
            "OutOfpods");

    private static final Set<String> NO_IMAGE = Set.of("ErrImagePull", "ImagePullBackOff", "RegistryUnavailable");
    private static final Set<String> NEVER_STARTS = Set.of(
            "InvalidImageName",
            "ErrImageNeverPull",
            "CreateContainerConfigError",
            "CreateContainerError",
            "RunContainerError");

    private PodState() {}

    /** Whether something of it may still run. */
    static boolean isLive(Pod pod) {
        String phase = phase(pod);
        return !phase.equals("Succeeded") && !phase.equals("Failed");
    }

    static String phase(Pod pod) {
        return pod.getStatus() == null
                ? ""
                : Objects.requireNonNullElse(pod.getStatus().getPhase(), "");
    }

    /** Why its container can never start; empty while it may. */
    static Optional<EndReason> neverStarts(Pod pod) {
        return waiting(pod)
                .filter(waiting -> NEVER_STARTS.contains(String.valueOf(waiting.getReason())))
                .map(waiting -> new EndReason(
                        Kind.INPUT, "the container cannot start: " + words(waiting.getReason(), waiting.getMessage())));
    }

    /** Why its image cannot be pulled at the moment; empty when that is not so. */
    static Optional<EndReason> noImage(Pod pod) {
        return waiting(pod)
                .filter(waiting -> NO_IMAGE.contains(String.valueOf(waiting.getReason())))
                .map(waiting -> new EndReason(
                        Kind.INPUT, "the image cannot be pulled: " + words(waiting.getReason(), waiting.getMessage())));
    }

    private static Optional<ContainerStateWaiting> waiting(Pod pod) {
        return container(pod).map(ContainerStatus::getState).map(ContainerState::getWaiting);
    }

    static Observation beginning(Pod pod) {
        if (phase(pod).equals("Running")) {
            return new Observation.Running();
        }
        for (PodCondition condition : conditions(pod)) {
            if ("PodScheduled".equals(condition.getType()) && "False".equals(condition.getStatus())) {
                return new Observation.Waiting(
                        "not scheduled: " + words(condition.getReason(), condition.getMessage()));
            }
        }
        return noImage(pod)
                .map(reason -> new Observation.Waiting(reason.message()))
                .or(() -> waiting(pod)
                        .map(waiting -> new Observation.Waiting(
                                "the container waits: " + words(waiting.getReason(), waiting.getMessage()))))
                .orElseGet(() -> new Observation.Waiting("the pod is " + phase(pod)));
    }

    /** How a pod that failed, failed. */
    static Observation failed(Pod pod, List<String> lastLines) {
        String reason = pod.getStatus() == null
                ? ""
                : Objects.requireNonNullElse(pod.getStatus().getReason(), "");
        if (TAKEN_AWAY.contains(reason)) {
            return new Observation.Ended(new EndReason(
                    Kind.INFRASTRUCTURE,
                    "the pod was taken away: " + words(reason, pod.getStatus().getMessage())));
        }
        for (PodCondition condition : conditions(pod)) {
            if ("DisruptionTarget".equals(condition.getType()) && "True".equals(condition.getStatus())) {
                return new Observation.Ended(new EndReason(
                        Kind.INFRASTRUCTURE,
                        "the pod was taken away: " + words(condition.getReason(), condition.getMessage())));
            }
        }
        Optional<ContainerStateTerminated> terminated =
                container(pod).map(ContainerStatus::getState).map(ContainerState::getTerminated);
        if (terminated.isEmpty()) {
            return new Observation.Ended(new EndReason(
                    Kind.INFRASTRUCTURE,
                    "the pod failed: "
                            + words(
                                    reason,
                                    pod.getStatus() == null
                                            ? null
                                            : pod.getStatus().getMessage())));
        }
        if ("OOMKilled".equals(terminated.get().getReason())) {
            return new Observation.Ended(
                    new EndReason(Kind.INFRASTRUCTURE, "out of memory: the run needs more than it has"));
        }
        return new Observation.Exited(
                Objects.requireNonNullElse(terminated.get().getExitCode(), 1), lastLines);
    }

    private static Optional<ContainerStatus> container(Pod pod) {
        return pod.getStatus() == null || pod.getStatus().getContainerStatuses() == null
                ? Optional.empty()
                : pod.getStatus().getContainerStatuses().stream()
                        .filter(status -> JobManifest.CONTAINER.equals(status.getName()))
                        .findFirst();
    }

    private static List<PodCondition> conditions(Pod pod) {
        return pod.getStatus() == null || pod.getStatus().getConditions() == null
                ? List.of()
                : pod.getStatus().getConditions();
    }

    private static String words(@Nullable String reason, @Nullable String message) {
        String first = Objects.requireNonNullElse(reason, "");
        return message == null || message.isEmpty() ? first : first + " (" + message + ")";
    }
}
