package dev.weft.training.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.kit.error.Failure;
import dev.weft.training.backend.Observation;
import dev.weft.training.job.EndReason;
import dev.weft.training.job.EndReason.Kind;
import dev.weft.training.job.JobEvent;
import dev.weft.training.job.JobFixture;
import dev.weft.training.job.JobId;
import dev.weft.training.job.JobSpec;
import dev.weft.training.job.JobState;
import dev.weft.training.job.LogLine;
import dev.weft.training.job.MetricPoint;
import dev.weft.training.job.PublishTarget;
import dev.weft.training.job.RunKey;
import dev.weft.training.job.RunOutput;
import dev.weft.training.publish.ModelPublisher;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class JobStepperTest {

    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final JobFixture fixture = JobFixture.create();
    private final InMemoryBackend backend = new InMemoryBackend();
    private final ModelPublisher publisher = (job, target, folder, metrics, deadline) ->
            new JobState.Publication("file:" + target.model() + "@1", "1", metrics.getOrDefault("accuracy", 0.0) > 0.9);
    private final TestDispatch dispatch = new TestDispatch(fixture, backend, Optional.of(publisher));

    private JobId submit() {
        return fixture.submit(JobFixture.spec("memory", "a")).id();
    }

    private JobId submitToPublish() {
        JobSpec spec = JobFixture.spec("memory", "a");
        return fixture.submit(new JobSpec(
                        spec.runtime(),
                        spec.parameters(),
                        spec.data(),
                        spec.backend(),
                        spec.resources(),
                        spec.deadline(),
                        spec.maxAttempts(),
                        spec.labels(),
                        Optional.of(new PublishTarget("intents", Optional.empty(), Optional.of("accuracy"), 0))))
                .id();
    }

    private void stepUntil(JobId job, Class<? extends JobState> state) {
        await().atMost(LIMIT).pollInterval(Duration.ofMillis(5)).untilAsserted(() -> {
            dispatch.stepAll();
            assertThat(dispatch.state(job)).isInstanceOf(state);
        });
    }

    private void end(JobId job, int attempt, int code, String... lines) {
        backend.runs.put(new RunKey(job, attempt), new Observation.Exited(code, List.of(lines)));
    }

    private List<JobEvent.Type> events(JobId job) {
        return fixture.journal.events(job, 0, 100).stream().map(JobEvent::type).toList();
    }

    @Test
    void jobGoesFromStateToState() {
        JobId job = submitToPublish();
        stepUntil(job, JobState.Running.class);
        end(job, 1, 0, "{\"type\": \"result\", \"package\": \"\", \"metrics\": {\"accuracy\": 0.95}}");
        stepUntil(job, JobState.Published.class);

        assertThat(dispatch.state(job))
                .isEqualTo(new JobState.Published(1, new JobState.Publication("file:intents@1", "1", true)));
        assertThat(events(job))
                .containsExactly(
                        JobEvent.Type.SUBMITTED,
                        JobEvent.Type.DISPATCHED,
                        JobEvent.Type.ACCEPTED,
                        JobEvent.Type.RUNNING,
                        JobEvent.Type.SUCCEEDED,
                        JobEvent.Type.PUBLISHED);
        assertThat(dispatch.stepAll()).isZero();
    }

    @Test
    void jobThatPublishesNothingEndsWithItsSuccess() {
        JobId job = submit();
        stepUntil(job, JobState.Running.class);

        end(job, 1, 0);
        stepUntil(job, JobState.Succeeded.class);

        assertThat(dispatch.state(job).isEnd()).isTrue();
        assertThat(dispatch.stepAll()).isZero();
    }

    @Test
    void whatARunTellsIsKeptOnceAndUnderstood() {
        JobId job = submit();
        stepUntil(job, JobState.Running.class);
        backend.output.put(
                new RunKey(job, 1),
                List.of(
                        new RunOutput.Line(
                                "stdout", "{\"type\": \"progress\", \"percent\": 40, \"message\": \"epoch 2\"}"),
                        new RunOutput.Line("stdout", "plain"),
                        new RunOutput.Line("stderr", "{\"type\": \"log\"}"),
                        new RunOutput.Line(
                                "stdout", "{\"type\": \"metric\", \"name\": \"loss\", \"value\": 0.5, \"step\": 2}"),
                        new RunOutput.Line(
                                "stdout", "{\"type\": \"log\", \"level\": \"error\", \"message\": \"bad\"}")));
        end(job, 1, 0);
        stepUntil(job, JobState.Succeeded.class);

        assertThat(fixture.journal.logs(job, 0, 10))
                .extracting(LogLine::stream, LogLine::text)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("stdout", "epoch 2"),
                        org.assertj.core.groups.Tuple.tuple("stdout", "plain"),
                        org.assertj.core.groups.Tuple.tuple("stderr", "{\"type\": \"log\"}"),
                        org.assertj.core.groups.Tuple.tuple("stderr", "bad"));
        assertThat(fixture.journal.metrics(job, 0, 10))
                .extracting(MetricPoint::name, MetricPoint::value, MetricPoint::step)
                .containsExactly(org.assertj.core.groups.Tuple.tuple("loss", 0.5, 2L));
        assertThat(fixture.jobs.get(job).progress().orElseThrow().fraction()).isEqualTo(0.4);
    }

    @Test
    void failureOfTheInputIsNotRepeated() {
        JobId job = submit();
        stepUntil(job, JobState.Running.class);

        end(job, 1, 65, "{\"type\": \"failure\", \"message\": \"line 3: no label\"}");
        stepUntil(job, JobState.Failed.class);

        assertThat(dispatch.state(job))
                .isEqualTo(new JobState.Failed(1, new EndReason(Kind.INPUT, "line 3: no label")));
        assertThat(backend.begun).hasSize(1);
    }

    @Test
    void lostRunIsRepeatedWithANewKeyUntilAttemptsAreUsedUp() {
        JobId job = submit();
        for (int attempt = 1; attempt <= 3; attempt++) {
            RunKey key = new RunKey(job, attempt);
            await().atMost(LIMIT).pollInterval(Duration.ofMillis(5)).until(() -> {
                dispatch.stepAll();
                return backend.begun.containsKey(key);
            });
            backend.runs.put(key, new Observation.Ended(new EndReason(Kind.INFRASTRUCTURE, "evicted")));
        }
        stepUntil(job, JobState.Failed.class);

        assertThat(dispatch.state(job))
                .isEqualTo(new JobState.Failed(3, new EndReason(Kind.INFRASTRUCTURE, "evicted")));
        assertThat(backend.begun.values()).containsExactly(1, 1, 1);
        assertThat(events(job)).filteredOn(JobEvent.Type.ATTEMPT_FAILED::equals).hasSize(2);
    }

    /** Ends the run of each attempt as soon as it is begun. */
    private void endEach(TestDispatch by, JobId job, int from, int to, Observation how) {
        for (int attempt = from; attempt <= to; attempt++) {
            RunKey key = new RunKey(job, attempt);
            await().atMost(LIMIT).pollInterval(Duration.ofMillis(5)).until(() -> {
                by.stepAll();
                return backend.begun.containsKey(key);
            });
            backend.runs.put(key, how);
        }
    }

    @Test
    void runsThatAreGivenBackAreNoAttempts() {
        JobId job = submit();
        EndReason evicted = new EndReason(Kind.INFRASTRUCTURE, "evicted");

        endEach(dispatch, job, 1, 2, new Observation.GivenBack("the worker was stopped"));
        endEach(dispatch, job, 3, 5, new Observation.Ended(evicted));
        stepUntil(job, JobState.Failed.class);

        assertThat(dispatch.state(job)).isEqualTo(new JobState.Failed(5, evicted));
        assertThat(events(job)).filteredOn(JobEvent.Type.RETURNED::equals).hasSize(2);
        assertThat(events(job)).filteredOn(JobEvent.Type.ATTEMPT_FAILED::equals).hasSize(2);
    }

    @Test
    void runThatIsGivenBackAgainAndAgainCountsAtLast() {
        TestDispatch strict = new TestDispatch(
                fixture, List.of(backend), Optional.empty(), Map.of("weft.training.dispatch.max-given-back", "2"));
        JobId job = submit();

        endEach(strict, job, 1, 5, new Observation.GivenBack("the worker was stopped"));
        await().atMost(LIMIT).pollInterval(Duration.ofMillis(5)).until(() -> {
            strict.stepAll();
            return strict.state(job).isEnd();
        });

        assertThat(strict.state(job))
                .isEqualTo(new JobState.Failed(
                        5,
                        new EndReason(
                                Kind.INFRASTRUCTURE,
                                "the worker was stopped; given back 2 times before, and counts from now on")));
    }

    @Test
    void jobWhoseRunIsGivenBackWhenItIsToStopIsCancelled() {
        JobId job = submit();
        stepUntil(job, JobState.Running.class);

        fixture.jobs.requestCancel(job, "not needed");
        backend.runs.put(new RunKey(job, 1), new Observation.GivenBack("the worker was stopped"));
        stepUntil(job, JobState.Cancelled.class);

        assertThat(dispatch.state(job).attempt()).isOne();
    }

    @Test
    void runThatVanishedIsRepeated() {
        JobId job = submit();
        stepUntil(job, JobState.Running.class);

        backend.runs.clear();

        await().atMost(LIMIT).pollInterval(Duration.ofMillis(5)).until(() -> {
            dispatch.stepAll();
            return backend.begun.containsKey(new RunKey(job, 2));
        });
    }

    @Test
    void cancelledJobEndsItsRunFirst() {
        JobId job = submit();
        stepUntil(job, JobState.Running.class);

        fixture.jobs.requestCancel(job, "not needed");
        stepUntil(job, JobState.Cancelled.class);

        assertThat(backend.cancelled).containsExactly(new RunKey(job, 1));
        assertThat(dispatch.state(job))
                .isEqualTo(new JobState.Cancelled(1, new EndReason(Kind.CANCELLED, "cancelled: not needed")));
    }

    @Test
    void jobThatIsCancelledInTheQueueIsNeverBegun() {
        JobId job = submit();
        fixture.jobs.requestCancel(job, "");
        stepUntil(job, JobState.Cancelled.class);

        assertThat(backend.begun).isEmpty();
    }

    @Test
    void jobWhoseTimeIsOverIsStopped() {
        JobId job = submit();
        stepUntil(job, JobState.Running.class);
        fixture.update("UPDATE training_job SET deadline_at = now()");

        stepUntil(job, JobState.Failed.class);

        assertThat(backend.cancelled).containsExactly(new RunKey(job, 1));
        assertThat(dispatch.state(job)).isInstanceOfSatisfying(JobState.Failed.class, failed -> assertThat(
                        failed.reason().kind())
                .isEqualTo(Kind.DEADLINE));
    }

    static Stream<Failure> passing() {
        return Stream.of(
                new Failure.Unavailable("cluster: no answer"),
                new Failure.Cancelled("a server that ends resets its calls"));
    }

    @ParameterizedTest
    @MethodSource("passing")
    void backendThatDoesNotAnswerIsAskedAgainAndNoAttemptCounts(Failure failure) {
        JobId job = submit();
        backend.interference = _ -> {
            throw failure;
        };
        for (int i = 0; i < 40; i++) {
            await().atMost(LIMIT).until(() -> dispatch.stepAll() > 0);
        }
        List<JobEvent> told = fixture.journal.events(job, 0, 100);
        backend.interference = _ -> {};
        stepUntil(job, JobState.Running.class);

        assertThat(told)
                .extracting(JobEvent::type)
                .filteredOn(JobEvent.Type.NOTE::equals)
                .hasSize(1);
        assertThat(dispatch.state(job).attempt()).isOne();
    }

    @Test
    void backendWithoutRoomGivesTheJobBackAndNoAttemptCounts() {
        JobId job = submit();
        boolean[] full = {true};
        backend.interference = call -> {
            if (full[0] && call.equals("submit")) {
                throw new Failure.ResourceExhausted("no room", Duration.ofSeconds(1));
            }
        };
        await().atMost(LIMIT).until(() -> {
            dispatch.stepAll();
            return events(job).stream().filter(JobEvent.Type.RETURNED::equals).count() >= 3;
        });
        full[0] = false;
        stepUntil(job, JobState.Running.class);

        assertThat(dispatch.state(job).attempt()).isOne();
    }

    @Test
    void refusedSubmissionFailsTheJob() {
        JobId job = submit();
        backend.interference = call -> {
            if (call.equals("submit")) {
                throw new Failure.InvalidArgument("runtime: a container (expected: a command)");
            }
        };
        stepUntil(job, JobState.Failed.class);

        assertThat(dispatch.state(job))
                .isEqualTo(new JobState.Failed(
                        1, new EndReason(Kind.INPUT, "runtime: a container (expected: a command)")));
    }

    @Test
    void jobThatNoStepCanDealWithStopsWithItsReason() {
        JobId job = submit();
        stepUntil(job, JobState.Running.class);
        backend.interference = call -> {
            if (call.equals("observe") && !backend.cancelled.contains(new RunKey(job, 1))) {
                throw new IllegalStateException("defect");
            }
        };
        stepUntil(job, JobState.Failed.class);

        assertThat(dispatch.state(job)).isInstanceOfSatisfying(JobState.Failed.class, failed -> {
            assertThat(failed.reason().kind()).isEqualTo(Kind.POISON);
            assertThat(failed.reason().message()).contains("20 times").contains("defect");
        });
        assertThat(backend.cancelled).containsExactly(new RunKey(job, 1));
    }

    @Test
    void jobThatKillsItsDispatchersStopsWithItsReason() {
        JobId job = submit();
        fixture.update("UPDATE training_job SET steps_unfinished = 20");

        stepUntil(job, JobState.Failed.class);

        assertThat(backend.begun).isEmpty();
    }

    @Test
    void lostSitesRunIsGivenUpAndRepeatedElsewhere() {
        JobId job = submit();
        stepUntil(job, JobState.Running.class);
        fixture.update("UPDATE training_job SET site = 'gone', site_lost = TRUE");

        await().atMost(LIMIT).pollInterval(Duration.ofMillis(5)).until(() -> {
            dispatch.stepAll();
            return backend.begun.containsKey(new RunKey(job, 2));
        });
    }

    @Test
    void modelThatCannotBePublishedFailsTheJobWithTheReason() {
        TestDispatch refusing =
                new TestDispatch(fixture, backend, Optional.of((job, target, folder, metrics, deadline) -> {
                    throw new Failure.InvalidArgument("package: empty");
                }));
        JobId job = submitToPublish();
        await().atMost(LIMIT).pollInterval(Duration.ofMillis(5)).until(() -> {
            refusing.stepAll();
            end(job, 1, 0);
            return refusing.state(job).isEnd();
        });

        assertThat(refusing.state(job))
                .isEqualTo(new JobState.Failed(1, new EndReason(Kind.PUBLISHING, "package: empty")));
    }

    @Test
    void runThatNobodyWantsIsEndedAndLaterRemoved() {
        JobId job = submit();
        stepUntil(job, JobState.Running.class);
        end(job, 1, 0);
        stepUntil(job, JobState.Succeeded.class);
        RunKey late = new RunKey(job, 1);
        backend.runs.put(late, new Observation.Running());
        RunKey foreign = new RunKey(JobId.random(), 1);
        backend.runs.put(foreign, new Observation.Running());
        Housekeeping housekeeping = dispatch.housekeeping();

        housekeeping.sweep(backend);
        Observation afterFirst = backend.runs.get(late);
        fixture.update("UPDATE training_job SET state_since = now() - INTERVAL '2 days'");
        housekeeping.sweep(backend);

        assertThat(afterFirst).isInstanceOf(Observation.Ended.class);
        assertThat(backend.runs).containsOnlyKeys(foreign);
        assertThat(backend.runs.get(foreign)).isInstanceOf(Observation.Running.class);
    }

    @Test
    void jobThatEndedLongAgoIsForgottenAndOthersAreNot() {
        JobId ended = submit();
        stepUntil(ended, JobState.Running.class);
        end(ended, 1, 0);
        stepUntil(ended, JobState.Succeeded.class);
        fixture.update("UPDATE training_job SET state_since = now() - INTERVAL '89 days'");
        JobId open = submit();
        Housekeeping housekeeping = dispatch.housekeeping();

        housekeeping.forget();
        assertThat(fixture.jobs.find(ended)).isPresent();
        fixture.update("UPDATE training_job SET state_since = now() - INTERVAL '91 days'");
        housekeeping.forget();

        assertThat(fixture.jobs.find(ended)).isEmpty();
        assertThat(fixture.jobs.find(open)).isPresent();
        assertThat(fixture.number("SELECT count(*) FROM training_event WHERE job_id = '" + ended.value() + "'"))
                .isZero();
    }

    @Test
    void jobIsNotForgottenBeforeItsRunsAreRemoved() {
        TestDispatch forgetful = new TestDispatch(
                fixture,
                List.of(backend),
                Optional.empty(),
                Map.of("weft.training.dispatch.keep-jobs", "1s", "weft.training.dispatch.keep-runs", "24h"));
        JobId job = submit();
        stepUntil(job, JobState.Running.class);
        end(job, 1, 0);
        stepUntil(job, JobState.Succeeded.class);
        fixture.update("UPDATE training_job SET state_since = now() - INTERVAL '23 hours'");

        forgetful.housekeeping().forget();
        assertThat(fixture.jobs.find(job)).isPresent();
        fixture.update("UPDATE training_job SET state_since = now() - INTERVAL '25 hours'");
        forgetful.housekeeping().forget();

        assertThat(fixture.jobs.find(job)).isEmpty();
    }

    @Test
    void runOfThePresentAndOfTheNextAttemptAreWanted() {
        JobId job = submit();
        stepUntil(job, JobState.Running.class);

        assertThat(Housekeeping.isOver(fixture.jobs.get(job), new RunKey(job, 1)))
                .isFalse();
        assertThat(Housekeeping.isOver(fixture.jobs.get(job), new RunKey(job, 2)))
                .isFalse();
        fixture.update("UPDATE training_job SET state = 'QUEUED'");
        assertThat(Housekeeping.isOver(fixture.jobs.get(job), new RunKey(job, 1)))
                .isTrue();
        assertThat(Housekeeping.isOver(fixture.jobs.get(job), new RunKey(job, 2)))
                .isFalse();
    }
}
