package dev.weft.training.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weft.kit.error.Failure;
import dev.weft.kit.time.Deadline;
import dev.weft.training.job.DataSource;
import dev.weft.training.job.JobId;
import dev.weft.training.job.ResourceRequest;
import dev.weft.training.job.RunKey;
import dev.weft.training.runtime.TrainingRuntime;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What a backend promises; each adapter signs it, and makes things happen in its own way. */
public abstract class TrainingBackendContract {

    protected static final Duration LIMIT = Duration.ofSeconds(60);

    protected final RunKey key = new RunKey(JobId.random(), 1);

    /** The backend as a dispatcher that has just started sees it: a new object each time, with nothing in memory. */
    protected abstract TrainingBackend backend();

    /** Something that the backend can run. */
    protected abstract TrainingRuntime runtime();

    /** How many times runs of that key have been begun, by the place's own account. */
    protected abstract int begun(RunKey key);

    /** Lets the run do its work and end with a code, if it is there. */
    protected abstract void letEnd(RunKey key, int code);

    protected static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(30));
    }

    protected RunRequest request(RunKey of) {
        return new RunRequest(
                of,
                runtime(),
                "{}",
                new DataSource.None(),
                Optional.empty(),
                new ResourceRequest(1000, 1L << 30, 0),
                Duration.ofMinutes(10));
    }

    protected void awaitBegun() {
        await().atMost(LIMIT).untilAsserted(() -> assertThat(begun(key)).isOne());
    }

    protected void awaitExit(int code) {
        await().atMost(LIMIT).untilAsserted(() -> assertThat(backend().observe(key, soon()))
                .isInstanceOfSatisfying(Observation.Exited.class, exited -> assertThat(exited.code())
                        .isEqualTo(code)));
    }

    protected void cancelUntilOver() {
        await().atMost(LIMIT).untilAsserted(() -> {
            backend().cancel(key, soon());
            assertThat(isOver(backend().observe(key, soon()))).isTrue();
        });
    }

    protected static boolean isOver(Observation observation) {
        return switch (observation) {
            case Observation.Waiting _, Observation.Running _ -> false;
            case Observation.Missing _, Observation.Exited _, Observation.Ended _, Observation.GivenBack _ -> true;
        };
    }

    @Test
    void submittingTwiceWithOneKeyStartsOneRun() {
        ExternalRun first = backend().submit(request(key), soon());
        awaitBegun();

        ExternalRun second = backend().submit(request(key), soon());

        assertThat(second).isEqualTo(first);
        letEnd(key, 0);
        awaitExit(0);
        assertThat(begun(key)).isOne();
    }

    @Test
    void submittingByManyAtOnceStartsOneRun() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<ExternalRun>> runs = threads.invokeAll(
                    java.util.Collections.nCopies(6, () -> backend().submit(request(key), soon())));
            ExternalRun first = runs.getFirst().get(30, TimeUnit.SECONDS);
            for (Future<ExternalRun> run : runs) {
                assertThat(run.get(30, TimeUnit.SECONDS)).isEqualTo(first);
            }
        }
        awaitBegun();
        letEnd(key, 0);
        awaitExit(0);
        assertThat(begun(key)).isOne();
    }

    @Test
    void submittingAgainAfterTheEndStartsNothing() {
        backend().submit(request(key), soon());
        awaitBegun();
        letEnd(key, 65);
        awaitExit(65);

        backend().submit(request(key), soon());

        awaitExit(65);
        assertThat(begun(key)).isOne();
    }

    @Test
    void runIsFoundAgainByANewDispatcher() {
        ExternalRun begun = backend().submit(request(key), soon());
        awaitBegun();

        assertThat(backend().find(key, soon())).contains(begun);
        assertThat(backend().runs(soon())).contains(key);
        assertThat(backend().observe(key, soon())).isInstanceOf(Observation.Running.class);
        letEnd(key, 0);
        awaitExit(0);
    }

    @Test
    void runThatWasNeverBegunIsMissing() {
        assertThat(backend().find(key, soon())).isEmpty();
        assertThat(backend().observe(key, soon())).isInstanceOf(Observation.Missing.class);
        assertThat(backend().read(key, "", soon()).lines()).isEmpty();
    }

    @Test
    void exitCodeIsTold() {
        backend().submit(request(key), soon());
        awaitBegun();

        letEnd(key, 65);

        awaitExit(65);
    }

    @Test
    void cancelledRunEnds() {
        backend().submit(request(key), soon());
        awaitBegun();

        cancelUntilOver();

        assertThat(begun(key)).isOne();
    }

    @Test
    void runThatIsCancelledBeforeItsSubmissionIsNotBegun() {
        backend().cancel(key, soon());

        assertThatThrownBy(() -> backend().submit(request(key), soon())).isInstanceOf(Failure.FailedPrecondition.class);
        assertThat(begun(key)).isZero();
        assertThat(isOver(backend().observe(key, soon()))).isTrue();
    }

    @Test
    void cancellingAnEndedRunChangesNothing() {
        backend().submit(request(key), soon());
        awaitBegun();
        letEnd(key, 0);
        awaitExit(0);

        backend().cancel(key, soon());

        assertThat(backend().observe(key, soon()))
                .isInstanceOfSatisfying(Observation.Exited.class, exited -> assertThat(exited.code())
                        .isZero());
    }

    @Test
    void discardingTakesAwayWhatHasEndedAndNothingElse() {
        RunKey other = new RunKey(key.job(), 2);
        backend().submit(request(key), soon());
        backend().submit(request(other), soon());
        awaitBegun();
        await().atMost(LIMIT).untilAsserted(() -> assertThat(begun(other)).isOne());
        letEnd(key, 0);
        awaitExit(0);

        backend().discard(key, soon());
        backend().discard(other, soon());

        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(backend().runs(soon())).doesNotContain(key));
        assertThat(backend().observe(other, soon())).isInstanceOf(Observation.Running.class);
        letEnd(other, 0);
        await().atMost(LIMIT).until(() -> isOver(backend().observe(other, soon())));
    }
}
