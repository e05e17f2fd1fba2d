package dev.weft.training.dispatch;

import dev.weft.database.ChangeListener;
import dev.weft.training.job.JobId;
import dev.weft.training.job.JobTables;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArraySet;

/**
 * Passes news of jobs on to whoever in this process waits for them. News can be lost with a connection, so everybody looks for himself from time to time
 * as well. Thread-safe.
 */
@Singleton
public class JobChanges implements ChangeListener {

    private final Map<String, Set<Runnable>> byJob = new ConcurrentHashMap<>();
    private final Set<Runnable> ofAll = new CopyOnWriteArraySet<>();

    @Override
    public String channel() {
        return JobTables.CHANNEL;
    }

    @Override
    public void changed(String payload) {
        ofAll.forEach(Runnable::run);
        byJob.getOrDefault(payload, Set.of()).forEach(Runnable::run);
    }

    @Override
    public void resynchronise() {
        ofAll.forEach(Runnable::run);
        byJob.values().forEach(listeners -> listeners.forEach(Runnable::run));
    }

    /** Runs something short at each change of any job. */
    void whenAnyChanges(Runnable listener) {
        ofAll.add(listener);
    }

    /** Runs something short at each change of a job, until the answer is closed. */
    public Listening whenChanges(JobId job, Runnable listener) {
        byJob.compute(job.value(), (_, before) -> {
            Set<Runnable> listeners = before == null ? new CopyOnWriteArraySet<>() : before;
            listeners.add(listener);
            return listeners;
        });
        return () -> byJob.computeIfPresent(job.value(), (_, listeners) -> {
            listeners.remove(listener);
            return listeners.isEmpty() ? null : listeners;
        });
    }

    /** To be closed when nobody waits any more. */
    public interface Listening extends AutoCloseable {
        @Override
        void close();
    }
}
