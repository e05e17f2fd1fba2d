package dev.weft.training.runtime.textclassifier;

import dev.weft.kit.error.Failure.Cancelled;
import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.GrpcFailures;
import dev.weft.kit.time.Deadline;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Texts' vectors, each text embedded once. Immutable. */
final class Vectors {

    /** Texts of one request: enough that the call costs little, few enough that others get in between. */
    private static final int BATCH = 32;

    /** Requests at a time: the next ones' texts arrive while those before are computed. */
    private static final int IN_FLIGHT = 4;

    private final Map<String, float[]> byText;

    private Vectors(Map<String, float[]> byText) {
        this.byText = byText;
    }

    /** Is told how many texts are done. */
    interface Progress {
        void embedded(int done, int of);
    }

    /** Embeds all texts. */
    static Vectors of(List<String> texts, Embedder embedder, Deadline deadline, Progress progress) {
        List<String> distinct = List.copyOf(new LinkedHashSet<>(texts));
        Map<String, float[]> vectors = new HashMap<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(IN_FLIGHT)) {
            List<Future<List<float[]>>> batches = new ArrayList<>();
            for (int start = 0; start < distinct.size(); start += BATCH) {
                List<String> batch = distinct.subList(start, Math.min(distinct.size(), start + BATCH));
                batches.add(threads.submit(() -> embedder.embed(batch, deadline)));
            }
            try {
                for (Future<List<float[]>> batch : batches) {
                    for (float[] vector : batch.get(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS)) {
                        vectors.put(distinct.get(vectors.size()), vector);
                    }
                    progress.embedded(vectors.size(), distinct.size());
                }
            } catch (ExecutionException e) {
                throw GrpcFailures.toFailure(e.getCause() == null ? e : e.getCause());
            } catch (TimeoutException _) {
                throw new DeadlineExceeded("embedding: the deadline has passed");
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
                throw new Cancelled("embedding: interrupted");
            } finally {
                threads.shutdownNow();
            }
        }
        requireOneLength(vectors);
        return new Vectors(vectors);
    }

    private static void requireOneLength(Map<String, float[]> vectors) {
        List<Integer> lengths = vectors.values().stream()
                .map(vector -> vector.length)
                .distinct()
                .toList();
        if (lengths.size() != 1) {
            throw new FailedPrecondition("embedding: vectors of lengths " + lengths + " (expected: one length)");
        }
    }

    /** The text's vector. */
    float[] of(String text) {
        float[] vector = byText.get(text);
        if (vector == null) {
            throw new IllegalArgumentException("a text that was not embedded");
        }
        return vector;
    }
}
