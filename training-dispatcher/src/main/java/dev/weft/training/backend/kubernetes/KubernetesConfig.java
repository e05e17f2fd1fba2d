package dev.weft.training.backend.kubernetes;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Min;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hibernate.validator.constraints.time.DurationMin;

/** Runs as Kubernetes Jobs. How the cluster is reached is {@code quarkus.kubernetes-client.*}; inside one, nothing has to be said. */
@ConfigMapping(prefix = "weft.training.kubernetes")
public interface KubernetesConfig {

    /** Runs that may be there at a time; 0 turns this backend off. */
    @WithDefault("0")
    @Min(0)
    int maxRuns();

    /** Where the Jobs are made. */
    @WithDefault("default")
    String namespace();

    /** Tells this installation's Jobs from those of others in the namespace. */
    @WithDefault("weft")
    String installation();

    /** The dispatcher's own image, for built-in runtimes; where it runs in a pod of the namespace, it finds that out. */
    Optional<String> image();

    /** A PersistentVolumeClaim that both the dispatcher and the runs' pods can mount: runs get their data by it, and leave their results. */
    Optional<String> claim();

    /** Where the dispatcher has that claim mounted. */
    Optional<Path> sharedFolder();

    /** Whose rights the runs' pods have; they get no token of it. */
    Optional<String> serviceAccount();

    /** Whether pods are refused whose image would run as root. */
    @WithDefault("true")
    boolean runAsNonRoot();

    /** As which user and group pods run, and may write to the claim; the image's own when it is not said. */
    Optional<Long> runAsUser();

    /** A key of a Secret, as {@code SECRET/KEY}, that runs see as {@code MESH_KEY}: the text classifier shows it at the gateway. */
    Optional<String> keyFrom();

    /** Labels that nodes must have. */
    Map<String, String> nodeSelector();

    /** Labels that nodes must have too, for runs that want GPUs. */
    Map<String, String> gpuNodeSelector();

    /** What GPUs are called. */
    @WithDefault("nvidia.com/gpu")
    String gpuResource();

    /** Taints that runs tolerate, as {@code key=value:effect}, {@code key:effect} or {@code key}; separated by commas. */
    Optional<List<String>> tolerations();

    /** The LocalQueue of Kueue that admits the Jobs, which are then made suspended. */
    Optional<String> queue();

    /** How long ended Jobs stay. */
    @WithDefault("24h")
    @DurationMin(seconds = 1)
    Duration ttl();

    /** How long an image may fail to be pulled before the run counts as failed. */
    @WithDefault("5m")
    @DurationMin
    Duration pullPatience();

    /** Folders below which data may lie that jobs name by a URI of the scheme {@code file}; separated by commas. */
    Optional<List<Path>> dataFolders();

    /** What runs are told beside their parameters, as {@code settings} of their {@code job.json}. */
    Map<String, String> settings();
}
