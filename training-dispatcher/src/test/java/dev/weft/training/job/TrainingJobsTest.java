package dev.weft.training.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.kit.error.Failure;
import dev.weft.training.job.TrainingJobRepository.Submitted;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class TrainingJobsTest {

    private static final UUID HERE = new UUID(1, 2);

    private final JobFixture fixture = JobFixture.create();

    @Test
    void submittedJobIsReadAsItWas() {
        JobSpec spec = new JobSpec(
                "text-classifier",
                "{\"epochs\":3,\"rate\":0.5}",
                new DataSource.Stored("intents.csv", 3),
                "local",
                new ResourceRequest(500, 1 << 20, 1),
                java.time.Duration.ofMinutes(5),
                2,
                Map.of("team", "cards"),
                Optional.of(new PublishTarget("intents", Optional.of("pg"), Optional.of("accuracy"), 0.01)));

        TrainingJob job = fixture.jobs
                .submit(new NewJob("payments", Optional.of("k1"), spec, Optional.of(new byte[] {1, 2, 3}), "{}"), 10)
                .job();

        TrainingJob read = fixture.jobs.get(job.id());
        assertThat(read.spec()).isEqualTo(spec);
        assertThat(read.owner()).isEqualTo("payments");
        assertThat(read.state()).isEqualTo(new JobState.Queued(0));
        assertThat(fixture.jobs.data(job.id()))
                .hasValueSatisfying(data -> assertThat(data).containsExactly(1, 2, 3));
        assertThat(fixture.journal.events(job.id(), 0, 10))
                .extracting(JobEvent::type)
                .containsExactly(JobEvent.Type.SUBMITTED);
    }

    @Test
    void sameKeyAndJobFromManyCallersAtOnceIsOneJob() throws Exception {
        Callable<Submitted> call = () -> fixture.jobs.submit(
                new NewJob("payments", Optional.of("nightly"), JobFixture.spec("local", "a"), Optional.empty(), "{}"),
                100);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Submitted>> answers = threads.invokeAll(java.util.Collections.nCopies(8, call));

            List<Submitted> submitted = new java.util.ArrayList<>();
            for (Future<Submitted> answer : answers) {
                submitted.add(answer.get(30, java.util.concurrent.TimeUnit.SECONDS));
            }
            assertThat(submitted)
                    .extracting(one -> one.job().id())
                    .containsOnly(submitted.getFirst().job().id());
            assertThat(submitted).filteredOn(Submitted::created).hasSize(1);
        }
        assertThat(fixture.number("SELECT count(*) FROM training_job")).isOne();
        assertThat(fixture.number("SELECT count(*) FROM training_event")).isOne();
    }

    @Test
    void keyOfAnotherJobIsRefusedAndAnotherOwnersIsNot() {
        JobSpec first = JobFixture.spec("local", "a");
        JobSpec other = JobFixture.spec("local", "b");
        fixture.jobs.submit(new NewJob("payments", Optional.of("k"), first, Optional.empty(), "{}"), 10);

        assertThatThrownBy(() -> fixture.jobs.submit(
                        new NewJob("payments", Optional.of("k"), other, Optional.empty(), "{}"), 10))
                .isInstanceOf(Failure.AlreadyExists.class);
        assertThat(fixture.jobs
                        .submit(new NewJob("cards", Optional.of("k"), other, Optional.empty(), "{}"), 10)
                        .created())
                .isTrue();
    }

    @Test
    void jobsBeyondTheLimitAreRefused() {
        fixture.submit(JobFixture.spec("local", "a"));

        assertThatThrownBy(() -> fixture.jobs.submit(
                        new NewJob("x", Optional.empty(), JobFixture.spec("local", "b"), Optional.empty(), "{}"), 1))
                .isInstanceOf(Failure.ResourceExhausted.class);
    }

    @Test
    void pagesListEveryJobOnceYoungestFirst() {
        List<JobId> submitted = java.util.stream.IntStream.range(0, 7)
                .mapToObj(i -> fixture.submit(JobFixture.spec("local", "n" + i)).id())
                .toList();

        List<JobId> listed = new java.util.ArrayList<>();
        Optional<String> token = Optional.empty();
        do {
            List<TrainingJob> page = fixture.jobs.list(new JobFilter(Optional.empty(), List.of(), Map.of(), token, 3));
            page.forEach(job -> listed.add(job.id()));
            token = page.size() == 3 ? Optional.of(page.getLast().id().value()) : Optional.empty();
        } while (token.isPresent());

        assertThat(listed).containsExactlyElementsOf(submitted.reversed());
    }

    @Test
    void filtersMustAllHold() {
        JobId wanted = fixture.submit(JobFixture.spec("local", "wanted")).id();
        fixture.submit(JobFixture.spec("local", "other"));

        assertThat(fixture.jobs.list(new JobFilter(
                        Optional.of("payments"), List.of("QUEUED"), Map.of("label", "wanted"), Optional.empty(), 10)))
                .extracting(TrainingJob::id)
                .containsExactly(wanted);
        assertThat(fixture.jobs.list(
                        new JobFilter(Optional.of("payments"), List.of("FAILED"), Map.of(), Optional.empty(), 10)))
                .isEmpty();
    }

    @Test
    void moveFromAnotherStateThanTheTablesIsAborted() {
        TrainingJob job = fixture.submit(JobFixture.spec("local", "a"));
        JobSteps.Held held = fixture.claim("local");
        JobState.Queued queued = new JobState.Queued(0);
        JobState.Dispatched dispatched = queued.dispatched(job.id(), Optional.empty());
        fixture.steps.dispatch(held, job, queued, dispatched, 5);

        assertThatThrownBy(() -> fixture.steps.dispatch(held, job, queued, dispatched, 5))
                .isInstanceOf(Failure.Aborted.class);
        assertThat(fixture.jobs.get(job.id()).state()).isEqualTo(dispatched);
    }

    @Test
    void moveOfWhoHasLostTheLeaseIsAborted() {
        TrainingJob job = fixture.submit(JobFixture.spec("local", "a"));
        JobSteps.Held held = fixture.claim("local");
        fixture.update("UPDATE training_job SET claims = claims + 1, lease_owner = 'another'");

        assertThatThrownBy(() -> fixture.steps.move(
                        held,
                        job.state(),
                        new JobState.Queued(0).ended(new EndReason(EndReason.Kind.INPUT, "no")),
                        JobEvent.Type.FAILED,
                        "no"))
                .isInstanceOf(Failure.Aborted.class);
        assertThat(fixture.jobs.get(job.id()).state()).isEqualTo(job.state());
    }

    @Test
    void backendGetsNoMoreRunsThanItMayHave() throws Exception {
        for (int i = 0; i < 6; i++) {
            fixture.submit(JobFixture.spec("local", "n" + i));
        }
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Boolean>> moved = threads.invokeAll(java.util.Collections.nCopies(6, () -> {
                JobSteps.Held held = fixture.claim("local");
                TrainingJob job = fixture.steps.begin(held);
                JobState.Queued queued = new JobState.Queued(0);
                return fixture.steps
                        .dispatch(held, job, queued, queued.dispatched(job.id(), Optional.of("here")), 2)
                        .isPresent();
            }));

            int dispatched = 0;
            for (Future<Boolean> one : moved) {
                dispatched += one.get(30, java.util.concurrent.TimeUnit.SECONDS) ? 1 : 0;
            }
            assertThat(dispatched).isEqualTo(2);
        }
        assertThat(fixture.steps.room("local", Optional.of("here"), 2)).isZero();
        assertThat(fixture.steps.room("local", Optional.of("there"), 2)).isEqualTo(2);
    }

    @Test
    void cancellationWakesAJobThatRests() {
        TrainingJob job = fixture.submit(JobFixture.spec("local", "a"));
        JobSteps.Held held = fixture.claim("local");
        fixture.steps.begin(held);
        fixture.steps.rest(held, false, java.time.Duration.ofHours(1));
        held.lease().close();

        fixture.jobs.requestCancel(job.id(), "wrong data");

        assertThat(fixture.claimActive(HERE)).extracting(JobSteps.Held::job).containsExactly(job.id());
    }

    @Test
    void cancellationDuringAStepIsNotSleptThrough() {
        TrainingJob job = fixture.submit(JobFixture.spec("local", "a"));
        JobSteps.Held held = fixture.claim("local");
        fixture.steps.begin(held);
        fixture.jobs.requestCancel(job.id(), "wrong data");

        fixture.steps.rest(held, false, java.time.Duration.ofHours(1));
        held.lease().close();

        assertThat(fixture.claimActive(HERE)).hasSize(1);
    }

    @Test
    void jobOfAnotherSiteIsClaimedOnlyWhenThatSiteIsLost() {
        TrainingJob job = fixture.submit(JobFixture.spec("local", "a"));
        JobSteps.Held held = fixture.claim("local");
        JobState.Queued queued = new JobState.Queued(0);
        fixture.steps.dispatch(
                held, job, queued, queued.dispatched(job.id(), Optional.of(new UUID(9, 9).toString())), 5);
        held.lease().close();
        List<JobSteps.Held> before = fixture.claimActive(HERE);
        fixture.sites.seen(new UUID(9, 9));
        int markedWhileSeen = fixture.sites.markLost(java.time.Duration.ofMinutes(1));
        fixture.update("UPDATE training_site SET seen_at = now() - INTERVAL '2 minutes'");

        fixture.sites.markLost(java.time.Duration.ofMinutes(1));

        assertThat(before).isEmpty();
        assertThat(markedWhileSeen).isZero();
        assertThat(fixture.claimActive(HERE)).hasSize(1);
        fixture.sites.seen(new UUID(9, 9));
        assertThat(fixture.jobs.get(job.id()).siteLost()).isFalse();
    }

    @Test
    void dataOfJobsThatEndedLongAgoAreRemoved() {
        NewJob withData =
                new NewJob("x", Optional.empty(), JobFixture.spec("local", "a"), Optional.of(new byte[] {1}), "{}");
        JobId ended = fixture.jobs.submit(withData, 10).job().id();
        JobId open = fixture.jobs.submit(withData, 10).job().id();
        fixture.update("UPDATE training_job SET ended = TRUE, state_since = now() - INTERVAL '2 hours' WHERE id = '"
                + ended + "'");

        fixture.jobs.removeData(java.time.Duration.ofHours(1));

        assertThat(fixture.jobs.data(ended)).isEmpty();
        assertThat(fixture.jobs.data(open)).isPresent();
    }

    @Test
    void outputIsNumberedWithoutGapsAndCutAtItsLimits() {
        TrainingJob job = fixture.submit(JobFixture.spec("local", "a"));
        JobSteps.Held held = fixture.claim("local");
        RunKey run = new RunKey(job.id(), 1);
        RunOutput three = new RunOutput(
                List.of(
                        new RunOutput.Line("stdout", "one"),
                        new RunOutput.Line("stderr", "a\0b"),
                        new RunOutput.Line("stdout", "a line that is too long")),
                List.of(new RunOutput.Figure(1, "loss", 0.5)),
                List.of(),
                OptionalDouble.of(0.25),
                Optional.of("17 3"));
        OutputLimits limits = new OutputLimits(5, 1, 6);

        fixture.steps.keep(held, run, three, limits);
        fixture.steps.keep(held, run, three, limits);
        fixture.steps.keep(held, run, three, limits);

        assertThat(fixture.journal.logs(job.id(), 0, 100))
                .extracting(LogLine::number)
                .containsExactly(1L, 2L, 3L, 4L, 5L);
        assertThat(fixture.journal.logs(job.id(), 0, 3))
                .extracting(LogLine::text)
                .containsExactly("one", "a\\0b", "a line…");
        assertThat(fixture.journal.metrics(job.id(), 0, 100)).hasSize(1);
        assertThat(fixture.journal.events(job.id(), 1, 100))
                .extracting(JobEvent::message)
                .singleElement()
                .asString()
                .contains("more than 5 lines");
        assertThat(fixture.jobs.get(job.id()).outputCursor()).isEqualTo("17 3");
        assertThat(fixture.jobs.get(job.id()).progress().orElseThrow().fraction())
                .isEqualTo(0.25);
    }
}
