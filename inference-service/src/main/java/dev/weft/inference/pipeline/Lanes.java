package dev.weft.inference.pipeline;

import dev.weft.kit.error.Failure.Cancelled;
import dev.weft.kit.error.GrpcFailures;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** Does blocking work on many items, a few at a time. */
final class Lanes {

    private Lanes() {}

    /**
     * Calls {@code work} once for each item, at most {@code width} at a time, and waits for all. The first failure ends the rest.
     *
     * @throws Cancelled when this thread is interrupted
     */
    static <T> void forEach(List<T> items, int width, Consumer<T> work) {
        if (items.size() == 1 || width == 1) {
            items.forEach(work);
            return;
        }
        AtomicInteger next = new AtomicInteger();
        Runnable lane = () -> {
            for (int item; (item = next.getAndIncrement()) < items.size(); ) {
                work.accept(items.get(item));
            }
        };
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            CompletionService<Boolean> lanes = new ExecutorCompletionService<>(threads);
            List<Future<Boolean>> started = new ArrayList<>();
            for (int i = 0; i < Math.min(width, items.size()); i++) {
                started.add(lanes.submit(lane, true));
            }
            try {
                for (int i = 0; i < started.size(); i++) {
                    lanes.take().get();
                }
            } catch (ExecutionException e) {
                throw GrpcFailures.toFailure(e.getCause() == null ? e : e.getCause());
            } catch (InterruptedException _) {
                throw new Cancelled("the client went away");
            } finally {
                started.forEach(future -> future.cancel(true));
            }
        }
    }
}
