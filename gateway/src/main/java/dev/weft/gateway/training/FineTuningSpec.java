package dev.weft.gateway.training;

import com.google.protobuf.Struct;
import dev.weft.protocol.training.v1.DataContent;
import dev.weft.protocol.training.v1.Job;
import dev.weft.protocol.training.v1.JobSpec;
import dev.weft.protocol.training.v1.PublishTarget;
import dev.weft.protocol.training.v1.Runtime;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/** A fine-tuning job as a job of training-dispatcher. What that knows nothing of stands in its labels. */
final class FineTuningSpec {

    /** The label that these jobs have, and no others. */
    static final String VIEW = "fine-tuning.view";

    static final String OPENAI = "openai";

    private static final String FILE = "fine-tuning.file";
    private static final String MULTIPLIER = "fine-tuning.learning-rate-multiplier";
    private static final String METADATA = "fine-tuning.metadata.";

    /** On the held-out part of the file; the built-in runtime measures it. */
    private static final String METRIC = "accuracy";

    private static final String TUNED = "-ft-";
    private static final int SHORT_ID = 8;

    /** So that a name that is made up is one for the catalog, however long the model's is. */
    private static final int MAX_BASE = 100;

    private FineTuningSpec() {}

    static JobSpec of(FineTuningOrder order, Runtime runtime, DataContent data, String name) {
        JobSpec.Builder spec = JobSpec.newBuilder()
                .setRuntime(runtime.getName())
                .setParameters(ProtoJson.read(
                        Hyperparameters.parameters(order, runtime).toString().getBytes(StandardCharsets.UTF_8),
                        Struct.newBuilder()))
                .setDataContent(data)
                .setPublish(PublishTarget.newBuilder().setModel(name).setMetric(METRIC))
                .putLabels(VIEW, OPENAI)
                .putLabels(FILE, order.trainingFile());
        Hyperparameters.multiplier(order)
                .ifPresent(multiplier -> spec.putLabels(MULTIPLIER, Double.toString(multiplier)));
        order.metadata().forEach((key, value) -> spec.putLabels(METADATA + key, value));
        return spec.build();
    }

    /**
     * What the new model is called.
     *
     * @param idempotencyKey empty for none; the same one gives the same name, so that the job is the same when the request is repeated
     */
    static String name(FineTuningOrder order, String owner, String idempotencyKey) {
        if (order.suffix() != null) {
            return order.suffix();
        }
        String base = order.model().replaceAll("[^A-Za-z0-9._-]", "-").replaceFirst("^[^A-Za-z0-9]+", "");
        String id = idempotencyKey.isEmpty()
                ? UUID.randomUUID().toString().substring(0, SHORT_ID)
                : digest(owner + "\n" + idempotencyKey).substring(0, SHORT_ID);
        return (base.isEmpty() ? "model" : base.substring(0, Math.min(MAX_BASE, base.length()))) + TUNED + id;
    }

    private static String digest(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Whether the job is a fine-tuning job. */
    static boolean isOne(Job job) {
        return job.getSpec().getLabelsMap().getOrDefault(VIEW, "").equals(OPENAI);
    }

    /** The label that a pair of metadata becomes. */
    static String label(String key) {
        return METADATA + key;
    }

    static String trainingFile(JobSpec spec) {
        return spec.getLabelsMap().getOrDefault(FILE, "");
    }

    /** As the client gave it; empty when he did not. */
    static String multiplier(JobSpec spec) {
        return spec.getLabelsMap().getOrDefault(MULTIPLIER, "");
    }

    static Map<String, String> metadata(JobSpec spec) {
        Map<String, String> metadata = new TreeMap<>();
        spec.getLabelsMap().forEach((label, value) -> {
            if (label.startsWith(METADATA)) {
                metadata.put(label.substring(METADATA.length()), value);
            }
        });
        return metadata;
    }
}
