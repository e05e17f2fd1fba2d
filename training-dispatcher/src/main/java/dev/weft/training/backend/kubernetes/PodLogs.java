package dev.weft.training.backend.kubernetes;

import dev.weft.training.backend.OutputPiece;
import dev.weft.training.job.RunOutput;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.ContainerResource;
import jakarta.inject.Provider;
import java.util.ArrayList;
import java.util.List;

/**
 * A pod's log in pieces. The cluster stamps each line with the time, in nanoseconds, and can begin at a second; a cursor is the stamp of the last line
 * that was read, and what comes again is left out by its stamp.
 */
final class PodLogs {

    private static final int PIECE_BYTES = 256 * 1024;
    private static final int LAST_LINES = 200;

    private final Provider<KubernetesClient> client;
    private final String namespace;

    PodLogs(Provider<KubernetesClient> client, String namespace) {
        this.client = client;
        this.namespace = namespace;
    }

    private ContainerResource container(Pod pod) {
        return client.get()
                .pods()
                .inNamespace(namespace)
                .withName(pod.getMetadata().getName())
                .inContainer(JobManifest.CONTAINER);
    }

    OutputPiece read(Pod pod, String cursor) {
        if (PodState.phase(pod).equals("Pending")) {
            return new OutputPiece(List.of(), cursor, false);
        }
        String log;
        try {
            log = cursor.isEmpty()
                    ? container(pod).usingTimestamps().limitBytes(PIECE_BYTES).getLog()
                    : container(pod)
                            .usingTimestamps()
                            .limitBytes(PIECE_BYTES)
                            .sinceTime(cursor)
                            .getLog();
        } catch (KubernetesClientException e) {
            if (e.getCode() >= 400 && e.getCode() < 500) {
                // The container has not begun, or its log is gone with its node.
                return new OutputPiece(List.of(), cursor, false);
            }
            throw e;
        }
        return piece(log, cursor, log.length() >= PIECE_BYTES);
    }

    /** Of a log that was cut at the limit, the last line may be cut too. */
    static OutputPiece piece(String log, String cursor, boolean cut) {
        int end = log.lastIndexOf('\n') + 1;
        String whole = cut ? log.substring(0, end) : log;
        List<RunOutput.Line> lines = new ArrayList<>();
        String last = cursor;
        for (String line : whole.split("\n")) {
            int space = line.indexOf(' ');
            String stamp = space < 0 ? line : line.substring(0, space);
            if (!stamp.isEmpty() && comparable(stamp).compareTo(comparable(last)) > 0) {
                lines.add(new RunOutput.Line("stdout", space < 0 ? "" : line.substring(space + 1)));
                last = stamp;
            }
        }
        return new OutputPiece(lines, last, cut && !lines.isEmpty());
    }

    /** Stamps leave out zeros at their end: without the Z they compare as texts, once a fraction is there. */
    private static String comparable(String stamp) {
        String bare = stamp.endsWith("Z") ? stamp.substring(0, stamp.length() - 1) : stamp;
        return bare.isEmpty() || bare.contains(".") ? bare : bare + ".";
    }

    List<String> lastLines(Pod pod) {
        try {
            return container(pod).tailingLines(LAST_LINES).getLog().lines().toList();
        } catch (KubernetesClientException _) {
            return List.of();
        }
    }
}
