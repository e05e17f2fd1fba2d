package dev.weft.gateway.upstream;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Where the services behind the gateway are. */
@ConfigMapping(prefix = "weft.gateway.inference")
public interface UpstreamConfig {

    /**
     * gRPC targets of inference-service: {@code host:port}, or {@code dns:///name:port}, which stands for all of the name's addresses.
     * They make the pool {@code default}; not used when {@link #pools()} names any.
     */
    @WithDefault("127.0.0.1:8081")
    List<String> target();

    /** Targets by pool, such as {@code cpu} and {@code gpu}. */
    Map<String, Pool> pools();

    /** The largest answer that is taken. */
    @WithDefault("65M")
    MemorySize maxMessage();

    /** How long a model's task and labels are remembered; so long may a replaced model's old ones be heeded. */
    @WithDefault("5s")
    Duration metadataTtl();

    /** How often each replica is asked how it is doing. */
    @WithDefault("1s")
    Duration statusInterval();

    /**
     * How long a request waits for a replica when there is none that could answer it, as when its pool is scaled down to nothing; 0 refuses it at
     * once. A request's own deadline ends the wait earlier.
     */
    @WithDefault("0s")
    Duration replicaWait();

    /** Requests that may wait so; one more is refused. */
    @WithDefault("1000")
    @Min(1)
    int replicaWaitRequests();

    /** How long a replica may take to load a model that a request needs. */
    @WithDefault("120s")
    Duration loadTimeout();

    /** Replicas of one kind. */
    interface Pool {
        /** gRPC targets, as above. */
        List<String> targets();
    }
}
