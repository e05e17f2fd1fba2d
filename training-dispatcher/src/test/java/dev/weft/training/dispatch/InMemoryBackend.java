package dev.weft.training.dispatch;

import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.time.Deadline;
import dev.weft.training.backend.ExternalRun;
import dev.weft.training.backend.Observation;
import dev.weft.training.backend.OutputPiece;
import dev.weft.training.backend.RunRequest;
import dev.weft.training.backend.TrainingBackend;
import dev.weft.training.job.EndReason;
import dev.weft.training.job.RunKey;
import dev.weft.training.job.RunOutput;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** A place that outlives the dispatchers of a test, and counts what it is asked. */
final class InMemoryBackend implements TrainingBackend {

    final Map<RunKey, Observation> runs = new ConcurrentHashMap<>();
    final Map<RunKey, Integer> begun = new ConcurrentHashMap<>();
    final Map<RunKey, List<RunOutput.Line>> output = new ConcurrentHashMap<>();
    final Set<RunKey> cancelled = ConcurrentHashMap.newKeySet();

    /** Called before each call is carried out and after; may throw. */
    Consumer<String> interference = _ -> {};

    int maxRuns = 100;

    @Override
    public String name() {
        return "memory";
    }

    @Override
    public Optional<UUID> site() {
        return Optional.empty();
    }

    @Override
    public int maxRuns() {
        return maxRuns;
    }

    @Override
    public ExternalRun submit(RunRequest request, Deadline deadline) {
        interference.accept("submit");
        if (cancelled.contains(request.key()) && !runs.containsKey(request.key())) {
            throw new FailedPrecondition("cancelled");
        }
        runs.computeIfAbsent(request.key(), key -> {
            begun.merge(key, 1, Integer::sum);
            return new Observation.Running();
        });
        interference.accept("submitted");
        return new ExternalRun(request.key(), "run " + request.key());
    }

    @Override
    public Optional<ExternalRun> find(RunKey key, Deadline deadline) {
        return runs.containsKey(key) ? Optional.of(new ExternalRun(key, "run " + key)) : Optional.empty();
    }

    @Override
    public Observation observe(RunKey key, Deadline deadline) {
        interference.accept("observe");
        return runs.getOrDefault(key, new Observation.Missing());
    }

    @Override
    public OutputPiece read(RunKey key, String cursor, Deadline deadline) {
        interference.accept("read");
        List<RunOutput.Line> all = output.getOrDefault(key, List.of());
        int from = cursor.isEmpty() ? 0 : Integer.parseInt(cursor);
        int to = Math.min(all.size(), from + 2);
        return new OutputPiece(all.subList(from, to), from == to ? cursor : Integer.toString(to), to < all.size());
    }

    @Override
    public void cancel(RunKey key, Deadline deadline) {
        interference.accept("cancel");
        cancelled.add(key);
        runs.computeIfPresent(
                key,
                (_, run) -> run instanceof Observation.Running
                        ? new Observation.Ended(new EndReason(EndReason.Kind.CANCELLED, "ended"))
                        : run);
        interference.accept("cancelled");
    }

    @Override
    public Path output(RunKey key, Path scratch, Deadline deadline) {
        interference.accept("output");
        return scratch;
    }

    @Override
    public void discard(RunKey key, Deadline deadline) {
        runs.remove(key);
    }

    @Override
    public List<RunKey> runs(Deadline deadline) {
        return new ArrayList<>(runs.keySet());
    }
}
