package dev.weft.local.mesh;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** Clients that ask without a pause until they are told to stop. */
final class AskingClients implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final AtomicBoolean stop = new AtomicBoolean();
    private final AtomicInteger answers = new AtomicInteger();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final List<Runnable> afterwards = new ArrayList<>();
    private final List<Future<?>> running = new ArrayList<>();

    /** One more client; what is false, or thrown, is a failure. */
    void start(String name, Callable<Boolean> question) {
        running.add(threads.submit(() -> {
            while (!stop.get()) {
                try {
                    if (question.call()) {
                        answers.incrementAndGet();
                    } else {
                        failures.add(Instant.now() + " " + name + ": another answer");
                    }
                } catch (Exception e) {
                    failures.add(Instant.now() + " " + name + ": " + e);
                }
            }
        }));
    }

    /** To be done when all have stopped. */
    void afterwards(Runnable work) {
        afterwards.add(work);
    }

    /** What went wrong, and when. */
    Collection<String> failures() {
        return failures;
    }

    /** Waits until this many more requests were answered. */
    void awaitAnswers(int more) {
        int target = answers.get() + more;
        await().atMost(PATIENCE).until(() -> answers.get() >= target);
    }

    @Override
    public void close() {
        stop.set(true);
        await().atMost(PATIENCE).until(() -> running.stream().allMatch(Future::isDone));
        threads.close();
        afterwards.forEach(Runnable::run);
    }
}
