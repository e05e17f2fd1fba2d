package dev.weft.training.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.training.backend.Observation;
import dev.weft.training.job.EndReason;
import dev.weft.training.job.JobFixture;
import dev.weft.training.job.JobId;
import dev.weft.training.job.JobSpec;
import dev.weft.training.job.JobState;
import dev.weft.training.job.PublishTarget;
import dev.weft.training.job.RunKey;
import dev.weft.training.job.RunOutput;
import dev.weft.training.publish.ModelPublisher;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * A dispatcher dies before and after each of its calls to the backend, the publisher and the database's commits, one such point after another, and the
 * next one goes on. Whatever the point is, the job comes to the same end.
 */
class CrashEverywhereTest {

    /** Ends a dispatcher in the middle of what it does: nobody catches it. */
    private static final class Crash extends Error {
        Crash() {
            super("the dispatcher dies here", null, false, false);
        }
    }

    private final CrashingSource source = new CrashingSource(JobFixture.migrated());
    private final JobFixture observer = new JobFixture(source.plain(), Map.of("weft.training.jobs.lease-term", "5s"));

    /** Points until the next crash; negative for none. */
    private final AtomicInteger left = new AtomicInteger(-1);

    private void point() {
        if (left.getAndUpdate(n -> n < 0 ? n : n - 1) == 0) {
            throw new Crash();
        }
    }

    @Test
    void jobThatSucceedsInItsSecondAttempt() {
        int points = run(-1);
        for (int point = 0; point < points; point++) {
            run(point);
        }
        assertThat(points).as("points at which it died").isGreaterThan(40);
    }

    /** Plays one job's life, with a crash at a point; the number of points that it passed. */
    private int run(int crashAt) {
        InMemoryBackend backend = new InMemoryBackend();
        AtomicInteger passed = new AtomicInteger();
        AtomicInteger published = new AtomicInteger();
        Runnable interruption = () -> {
            passed.incrementAndGet();
            point();
        };
        backend.interference = _ -> interruption.run();
        source.interference = interruption;
        ModelPublisher publisher = (job, target, folder, metrics, deadline) -> {
            interruption.run();
            published.incrementAndGet();
            interruption.run();
            return new JobState.Publication("file:x@1", "1", true);
        };
        JobId job = submit();
        backend.output.put(
                new RunKey(job, 2),
                List.of(
                        new RunOutput.Line("stdout", "one"),
                        new RunOutput.Line("stdout", "two"),
                        new RunOutput.Line("stdout", "three")));
        left.set(crashAt);
        play(job, backend, publisher);
        left.set(-1);

        assertThat(observer.jobs.get(job).state()).as("died at %d", crashAt).isInstanceOf(JobState.Published.class);
        assertThat(backend.begun)
                .as("died at %d", crashAt)
                .isEqualTo(Map.of(new RunKey(job, 1), 1, new RunKey(job, 2), 1));
        assertThat(observer.journal.logs(job, 0, 10))
                .as("died at %d", crashAt)
                .extracting("text")
                .containsExactly("one", "two", "three");
        assertThat(observer.journal.events(job, 0, 100))
                .extracting("number")
                .containsExactlyElementsOf(java.util.stream.LongStream.rangeClosed(
                                1, observer.jobs.get(job).counts().events())
                        .boxed()
                        .toList());
        assertThat(published).hasValueBetween(1, 2);
        return passed.get();
    }

    private JobId submit() {
        JobSpec spec = JobFixture.spec("memory", "a");
        return observer.submit(new JobSpec(
                        spec.runtime(),
                        spec.parameters(),
                        spec.data(),
                        spec.backend(),
                        spec.resources(),
                        spec.deadline(),
                        spec.maxAttempts(),
                        spec.labels(),
                        Optional.of(new PublishTarget("intents", Optional.empty(), Optional.empty(), 0))))
                .id();
    }

    private void play(JobId job, InMemoryBackend backend, ModelPublisher publisher) {
        TestDispatch dispatch = dispatcher(backend, publisher);
        for (int step = 0; step < 500 && !observer.jobs.get(job).state().isEnd(); step++) {
            try {
                dispatch.stepAll();
            } catch (Crash _) {
                dispatch = dispatcher(backend, publisher);
            }
            // Rests end, and the leases of the dead expire as they do after their term. In each step: the dead
            // dispatcher's heartbeat lives in this
            // process, and may renew once more.
            observer.update("UPDATE training_job SET lease_until = now()");
            play(job, backend);
        }
    }

    /** The first run is lost, the second succeeds, each when the job has been seen to run. */
    private void play(JobId job, InMemoryBackend backend) {
        if (observer.jobs.get(job).state() instanceof JobState.Running(JobState.Run run)) {
            backend.runs.put(
                    run.key(),
                    run.key().attempt() == 1
                            ? new Observation.Ended(new EndReason(EndReason.Kind.INFRASTRUCTURE, "evicted"))
                            : new Observation.Exited(0, List.of()));
        }
    }

    private TestDispatch dispatcher(InMemoryBackend backend, ModelPublisher publisher) {
        JobFixture own = new JobFixture(source.crashing(), Map.of("weft.training.jobs.lease-term", "1h"));
        return new TestDispatch(own, backend, Optional.of(publisher));
    }
}
