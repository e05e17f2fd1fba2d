package dev.weft.inference.lifecycle;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.TimeUnit;

/** Runs what it is given when it is told to, on the thread that tells it: a machine that is too busy to begin at once. */
final class HeldThreads extends AbstractExecutorService {

    private final Deque<Runnable> held = new ArrayDeque<>();
    private boolean over;

    @Override
    public synchronized void execute(Runnable work) {
        held.add(work);
    }

    private synchronized Runnable poll() {
        return held.poll();
    }

    /** Runs everything, also what is added meanwhile. */
    void runAll() {
        for (Runnable work; (work = poll()) != null; ) {
            work.run();
        }
    }

    @Override
    public void shutdown() {
        over = true;
    }

    @Override
    public List<Runnable> shutdownNow() {
        over = true;
        return List.copyOf(held);
    }

    @Override
    public boolean isShutdown() {
        return over;
    }

    @Override
    public boolean isTerminated() {
        return over;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        return over;
    }
}
