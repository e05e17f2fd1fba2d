package dev.weft.kit.telemetry;

/** Names of Weft's metrics in Micrometer's notation: dots become underscores, counters gain {@code _total}, timers {@code _seconds}. */
public final class MetricNames {

    /** Counter at the gateway: requests by protocol, operation, model and outcome (a canonical code). */
    public static final String GATEWAY_REQUESTS = "weft.gateway.requests";

    /** Timer at the gateway: from the request's last byte to the answer, by protocol, operation and model. */
    public static final String GATEWAY_REQUEST_DURATION = "weft.gateway.request.duration";

    /** Counter at the gateway: requests that were refused before anything was read of them, by outcome (a canonical code). */
    public static final String GATEWAY_REFUSALS = "weft.gateway.refusals";

    /** Counter at the gateway: rows that answers took, by model and backend. */
    public static final String GATEWAY_ROWS = "weft.gateway.rows";

    /** Counter at the gateway: tokens that answers took, by model, backend and kind (prompt or completion). */
    public static final String GATEWAY_TOKENS = "weft.gateway.tokens";

    /** Counter at the gateway: time that models computed, by model and backend. */
    public static final String GATEWAY_COMPUTE = "weft.gateway.compute.seconds";

    /** Counter at the gateway: what answers cost by the configured prices, by model and backend. */
    public static final String GATEWAY_COST = "weft.gateway.cost";

    /** Counter at the gateway: copies of requests that a shadow got, by shadow and result (same, different, failed, dropped). */
    public static final String GATEWAY_SHADOW = "weft.gateway.shadow.requests";

    /** Gauge at the gateway: requests that wait for a replica, by the pool that their model wants most. */
    public static final String GATEWAY_WAITING = "weft.gateway.waiting.requests";

    /** Counter: inference requests by model, version and outcome (a canonical code). */
    public static final String INFERENCE_REQUESTS = "weft.inference.requests";

    /** Timer: from arrival to answer, by model and version. */
    public static final String INFERENCE_REQUEST_DURATION = "weft.inference.request.duration";

    /** Timer: waiting for a session, by model and version. */
    public static final String INFERENCE_QUEUE_DURATION = "weft.inference.queue.duration";

    /** Timer: inside ONNX Runtime, by model and version. */
    public static final String INFERENCE_COMPUTE_DURATION = "weft.inference.compute.duration";

    /** Summary: rows per run of the graph, by model and version. */
    public static final String INFERENCE_BATCH_SIZE = "weft.inference.batch.size";

    /** Counter: tokens computed, padding not counted, by model and version. */
    public static final String INFERENCE_TOKENS = "weft.inference.tokens";

    /** Gauge: rows that wait for a session, by model and version. */
    public static final String INFERENCE_PENDING = "weft.inference.pending.rows";

    /** Counter: texts looked up in the cache of answers, by model, version and result (hit, miss). */
    public static final String INFERENCE_CACHE = "weft.inference.cache.lookups";

    /** Gauge: weights of all loaded models, in bytes. */
    public static final String INFERENCE_MODELS_MEMORY = "weft.inference.models.memory.bytes";

    /** Gauge, always 1: what models compute on, and why, by device and reason. */
    public static final String INFERENCE_DEVICE = "weft.inference.device";

    /** Counter: requests to providers, each attempt, by provider and status (of HTTP, or none). */
    public static final String PROVIDER_REQUESTS = "weft.inference.provider.requests";

    /** Timer: from arrival to the first token of the answer, by model and version. */
    public static final String GENERATION_FIRST_TOKEN = "weft.generation.first.token.duration";

    /** Counter: tokens of finished answers and of their prompts, by model, version and kind (prompt or completion). */
    public static final String GENERATION_TOKENS = "weft.generation.tokens";

    /** Gauge: sequences that wait to be computed, by model and version. */
    public static final String GENERATION_WAITING = "weft.generation.waiting.sequences";

    /** Gauge: sequences that are computed, by model and version. */
    public static final String GENERATION_RUNNING = "weft.generation.running.sequences";

    /** Gauge: points of collections that are in this process' memory. */
    public static final String EMBEDDING_INDEX_POINTS = "weft.embedding.index.points";

    /** Gauge: those of them that are compared one by one, since they are not in a graph yet. */
    public static final String EMBEDDING_INDEX_WAITING = "weft.embedding.index.waiting.points";

    /** Gauge: about what they take, in bytes. */
    public static final String EMBEDDING_INDEX_MEMORY = "weft.embedding.index.memory.bytes";

    private MetricNames() {}
}
