package dev.weft.training.dispatch;

import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.Aborted;
import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.NotFound;
import dev.weft.kit.error.Failure.ResourceExhausted;
import dev.weft.kit.error.Failure.TooLarge;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.time.Backoff;
import dev.weft.kit.time.Deadline;
import dev.weft.training.backend.ExternalRun;
import dev.weft.training.backend.Observation;
import dev.weft.training.backend.OutputPiece;
import dev.weft.training.backend.RunRequest;
import dev.weft.training.backend.TrainingBackend;
import dev.weft.training.job.DataSource;
import dev.weft.training.job.EndReason;
import dev.weft.training.job.EndReason.Kind;
import dev.weft.training.job.JobEvent;
import dev.weft.training.job.JobState;
import dev.weft.training.job.JobState.Dispatched;
import dev.weft.training.job.JobState.Queued;
import dev.weft.training.job.JobState.Running;
import dev.weft.training.job.JobState.Stopping;
import dev.weft.training.job.JobState.Succeeded;
import dev.weft.training.job.JobSteps;
import dev.weft.training.job.JobSteps.Held;
import dev.weft.training.job.JobsConfig;
import dev.weft.training.job.ResourceRequest;
import dev.weft.training.job.RunKey;
import dev.weft.training.job.RunOutput;
import dev.weft.training.job.TrainingJob;
import dev.weft.training.job.TrainingJobRepository;
import dev.weft.training.runtime.Resources;
import dev.weft.training.runtime.RuntimeExit;
import dev.weft.training.runtime.RuntimeJson;
import dev.weft.training.runtime.TrainingRuntime;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Takes one step with one job whose lease the caller holds. It remembers nothing: what was begun before is found in the tables and at the backend.
 * Thread-safe.
 */
@Singleton
class JobStepper {

    private static final Logger LOG = Logger.getLogger(JobStepper.class);

    /** Of one step; more is read in the next. */
    private static final int PIECES = 16;

    private static final int PIECES_AT_END = 10_000;
    private static final Duration SOON = Duration.ofMillis(100);
    private static final int CANNOT_EXECUTE = 126;
    private static final int NOT_FOUND = 127;

    private final JobSteps steps;
    private final TrainingJobRepository jobs;
    private final Backends backends;
    private final Publishing publishing;
    private final DispatchConfig config;
    private final JobsConfig limits;
    private final Backoff backoff;

    JobStepper(
            JobSteps steps,
            TrainingJobRepository jobs,
            Backends backends,
            Publishing publishing,
            DispatchConfig config,
            JobsConfig limits) {
        this.steps = steps;
        this.jobs = jobs;
        this.backends = backends;
        this.publishing = publishing;
        this.config = config;
        this.limits = limits;
        this.backoff = new Backoff(config.firstBackoff(), config.longestBackoff());
    }

    /** Takes the step and gives the lease back. */
    void step(Held held) {
        try {
            TrainingJob job = steps.begin(held);
            try {
                Duration rest = job.stepsUnfinished() > config.maxStepFailures()
                        ? giveUp(
                                held,
                                job,
                                "dispatchers began a step " + job.stepsUnfinished() + " times and ended none")
                        : advance(held, job);
                steps.rest(held, false, rest);
            } catch (Aborted e) {
                throw e;
            } catch (RuntimeException e) {
                failed(held, job, e);
            }
        } catch (Aborted e) {
            // Another dispatcher has the job now; what this one would have written is his to write.
            LOG.debugf("%s", e.getMessage());
        } catch (Unavailable e) {
            LOG.debugf("job %s: step not ended: %s", held.lease().key(), e.getMessage());
        }
    }

    private void failed(Held held, TrainingJob job, RuntimeException e) {
        // Cancelled: a server that ends resets the calls that it has.
        boolean away = e instanceof Unavailable
                || e instanceof DeadlineExceeded
                || e instanceof ResourceExhausted
                || e instanceof Failure.Cancelled;
        if (!(e instanceof Failure) || e instanceof Failure.Internal) {
            LOG.errorf(e, "job %s: a step failed", job.id());
        }
        String reason = e instanceof Failure ? String.valueOf(e.getMessage()) : "internal error: " + e;
        if (!away && job.stepsFailed() + 1 >= config.maxStepFailures()) {
            steps.rest(
                    held, false, giveUp(held, job, "a step failed " + config.maxStepFailures() + " times: " + reason));
            return;
        }
        steps.note(held, job, reason);
        steps.rest(held, true, backoff.after(job.stepsFailed() + 1));
    }

    /** The job can never come to its end by steps: it fails, after its run is ended where that is possible. */
    private Duration giveUp(Held held, TrainingJob job, String why) {
        EndReason reason = new EndReason(Kind.POISON, why);
        JobState state = job.state();
        JobState to =
                switch (state) {
                    case Queued queued -> queued.ended(reason);
                    case Dispatched dispatched -> dispatched.stopping(reason);
                    case Running running -> running.stopping(reason);
                    case Stopping stopping -> stopping.stopped();
                    case Succeeded succeeded -> succeeded.failed(reason);
                    case JobState.Published _, JobState.Failed _, JobState.Cancelled _ -> state;
                };
        if (!to.equals(state)) {
            steps.move(held, state, to, type(to), why);
        }
        return Duration.ZERO;
    }

    private Duration advance(Held held, TrainingJob job) {
        return switch (job.state()) {
            case Queued queued -> queued(held, job, queued);
            case Dispatched dispatched -> dispatched(held, job, dispatched);
            case Running running -> {
                Optional<EndReason> unwanted = unwanted(job);
                if (unwanted.isPresent()) {
                    yield stop(held, running, running.stopping(unwanted.get()));
                }
                yield observed(held, job, running);
            }
            case Stopping stopping -> stopping(held, job, stopping);
            case Succeeded succeeded when succeeded.toPublish() -> succeeded(held, job, succeeded);
            case Succeeded _, JobState.Published _, JobState.Failed _, JobState.Cancelled _ -> Duration.ZERO;
        };
    }

    private Duration queued(Held held, TrainingJob job, Queued queued) {
        Optional<EndReason> unwanted = unwanted(job);
        if (unwanted.isPresent()) {
            JobState ended = queued.ended(unwanted.get());
            steps.move(held, queued, ended, type(ended), unwanted.get().message());
            return Duration.ZERO;
        }
        Optional<TrainingBackend> backend = backends.find(job.spec().backend());
        if (backend.isEmpty()) {
            steps.note(
                    held,
                    job,
                    "no dispatcher that runs has the backend " + job.spec().backend());
            return config.interval();
        }
        Dispatched to = queued.dispatched(job.id(), backend.get().site().map(Object::toString));
        Optional<TrainingJob> dispatched =
                steps.dispatch(held, job, queued, to, backend.get().maxRuns());
        return dispatched.isPresent() ? submit(held, dispatched.get(), to, backend.get()) : config.interval();
    }

    private static Optional<EndReason> unwanted(TrainingJob job) {
        if (job.cancelRequested().isPresent()) {
            String why = job.cancelRequested().get();
            return Optional.of(new EndReason(Kind.CANCELLED, why.isEmpty() ? "cancelled" : "cancelled: " + why));
        }
        return job.isOverdue()
                ? Optional.of(new EndReason(
                        Kind.DEADLINE,
                        "not ended within " + job.spec().deadline().toSeconds() + " s"))
                : Optional.empty();
    }

    private Duration dispatched(Held held, TrainingJob job, Dispatched dispatched) {
        Optional<EndReason> unwanted = unwanted(job);
        if (unwanted.isPresent()) {
            return stop(held, dispatched, dispatched.stopping(unwanted.get()));
        }
        if (dispatched.run().externalId().isPresent() || isLost(job)) {
            return observed(held, job, dispatched);
        }
        return submit(held, job, dispatched, backend(job));
    }

    /** The backend begins nothing twice, so it does not matter whether a dispatcher before this one has asked it already. */
    private Duration submit(Held held, TrainingJob job, Dispatched dispatched, TrainingBackend backend) {
        RunRequest request = request(job, dispatched.run().key());
        if (held.lease().isLost()) {
            throw new Aborted("job " + job.id() + ": the lease was lost before the run was begun");
        }
        try {
            ExternalRun run = backend.submit(request, deadline());
            steps.move(held, dispatched, dispatched.accepted(run.id()), JobEvent.Type.ACCEPTED, run.id());
            return SOON;
        } catch (ResourceExhausted e) {
            steps.move(held, dispatched, dispatched.returned(), JobEvent.Type.RETURNED, String.valueOf(e.getMessage()));
            return backoff.after(job.stepsFailed() + 1);
        } catch (InvalidArgument | FailedPrecondition | NotFound | TooLarge e) {
            // Something of it may be there all the same.
            return stop(
                    held, dispatched, dispatched.stopping(new EndReason(Kind.INPUT, String.valueOf(e.getMessage()))));
        }
    }

    private RunRequest request(TrainingJob job, RunKey key) {
        TrainingRuntime runtime = RuntimeJson.read(job.runtimeDefinition());
        Resources defaults = runtime.resources();
        Optional<byte[]> content =
                job.spec().data() instanceof DataSource.Stored ? jobs.data(job.id()) : Optional.empty();
        return new RunRequest(
                key,
                runtime,
                job.spec().parameters(),
                job.spec().data(),
                content,
                job.spec()
                        .resources()
                        .orElse(new ResourceRequest(defaults.milliCpus(), defaults.memoryBytes(), defaults.gpus())),
                Duration.between(job.readAt(), job.deadlineAt()));
    }

    private Duration stop(Held held, JobState from, Stopping to) {
        steps.move(held, from, to, JobEvent.Type.STOPPING, to.reason().message());
        return Duration.ZERO;
    }

    private Duration observed(Held held, TrainingJob job, JobState state) {
        if (isLost(job)) {
            return attemptFailed(
                    held,
                    job,
                    new EndReason(Kind.INFRASTRUCTURE, "the machine that ran it has not been heard of for long"));
        }
        TrainingBackend backend = backend(job);
        RunKey key = new RunKey(job.id(), state.attempt());
        Observation observation = backend.observe(key, deadline());
        switch (observation) {
            case Observation.Waiting(String reason) -> {
                keep(held, job, backend, key, PIECES);
                steps.note(held, job, reason);
                return config.interval();
            }
            case Observation.Running() -> {
                if (state instanceof Dispatched dispatched) {
                    steps.move(held, dispatched, dispatched.running(), JobEvent.Type.RUNNING, "training");
                }
                keep(held, job, backend, key, PIECES);
                return config.interval();
            }
            case Observation.Exited exited -> {
                keep(held, job, backend, key, PIECES_AT_END);
                return exited(held, job, exited);
            }
            case Observation.Ended(EndReason reason) -> {
                keep(held, job, backend, key, PIECES_AT_END);
                return attemptFailed(held, job, reason);
            }
            case Observation.GivenBack(String reason) -> {
                keep(held, job, backend, key, PIECES_AT_END);
                return givenBack(held, job, reason);
            }
            case Observation.Missing() -> {
                return attemptFailed(held, job, new EndReason(Kind.INFRASTRUCTURE, "its run is not there any more"));
            }
        }
    }

    private Duration exited(Held held, TrainingJob job, Observation.Exited exited) {
        if (exited.code() != RuntimeExit.SUCCESS.code()) {
            Kind kind = exited.code() == CANNOT_EXECUTE || exited.code() == NOT_FOUND
                    ? Kind.INPUT
                    : switch (RuntimeExit.of(exited.code())) {
                        case BAD_INPUT -> Kind.INPUT;
                        case TEMPORARY -> Kind.INFRASTRUCTURE;
                        case DEFECT, SUCCESS -> Kind.PROGRAM;
                    };
            return attemptFailed(
                    held, job, new EndReason(kind, OutputParser.failure(exited.code(), exited.lastLines())));
        }
        boolean toPublish = job.spec().publish().isPresent();
        Succeeded succeeded =
                switch (job.state()) {
                    case Dispatched dispatched -> dispatched.succeeded(toPublish);
                    case Running running -> running.succeeded(toPublish);
                    case Queued _,
                            Stopping _,
                            Succeeded _,
                            JobState.Published _,
                            JobState.Failed _,
                            JobState.Cancelled _ ->
                        throw new IllegalStateException(
                                "a run ended of a job that is " + job.state().code());
                };
        String result = OutputParser.result(exited.lastLines()).line();
        steps.succeed(held, job.state(), succeeded, result, "attempt " + succeeded.attempt() + " succeeded");
        return Duration.ZERO;
    }

    /** Who gives runs back again and again must not keep a job for ever: from some number on each counts as a failed attempt. */
    private Duration givenBack(Held held, TrainingJob job, String reason) {
        if (job.givenBack() >= config.maxGivenBack()) {
            return attemptFailed(
                    held,
                    job,
                    new EndReason(
                            Kind.INFRASTRUCTURE,
                            reason + "; given back " + job.givenBack() + " times before, and counts from now on"));
        }
        JobState state = job.state();
        Queued to =
                switch (state) {
                    case Dispatched dispatched -> dispatched.again();
                    case Running running -> running.again();
                    case Queued _,
                            Stopping _,
                            Succeeded _,
                            JobState.Published _,
                            JobState.Failed _,
                            JobState.Cancelled _ ->
                        throw new IllegalStateException("a run was given back of a job that is " + state.code());
                };
        Duration pause = backoff.after(job.givenBack() + 1);
        steps.giveBack(
                held,
                state,
                to,
                "attempt " + state.attempt() + " was given back and does not count: " + reason + "; again in "
                        + pause.toMillis() + " ms");
        return untilDeadline(job, pause);
    }

    private static Duration untilDeadline(TrainingJob job, Duration pause) {
        Duration left = Duration.between(job.readAt(), job.deadlineAt());
        return pause.compareTo(left) < 0 || left.isNegative() ? pause : left;
    }

    private Duration attemptFailed(Held held, TrainingJob job, EndReason reason) {
        JobState state = job.state();
        boolean again = reason.isWorthRetrying() && state.attempt() < job.lastAttempt();
        JobState to =
                switch (state) {
                    case Dispatched dispatched -> again ? dispatched.again() : dispatched.failed(reason);
                    case Running running -> again ? running.again() : running.failed(reason);
                    case Succeeded succeeded -> again ? succeeded.again() : succeeded.failed(reason);
                    case Queued _, Stopping _, JobState.Published _, JobState.Failed _, JobState.Cancelled _ ->
                        throw new IllegalStateException("an attempt failed of a job that is " + state.code());
                };
        if (!again) {
            steps.move(held, state, to, JobEvent.Type.FAILED, reason.message());
            return Duration.ZERO;
        }
        Duration pause = backoff.after(state.attempt() - job.givenBack());
        steps.move(
                held,
                state,
                to,
                JobEvent.Type.ATTEMPT_FAILED,
                "attempt " + state.attempt() + " of " + job.lastAttempt() + ": " + reason.message() + "; again in "
                        + pause.toMillis() + " ms");
        return untilDeadline(job, pause);
    }

    private Duration stopping(Held held, TrainingJob job, Stopping stopping) {
        Optional<TrainingBackend> backend = isLost(job) ? Optional.empty() : Optional.of(backend(job));
        if (backend.isPresent()) {
            RunKey key = stopping.run().key();
            backend.get().cancel(key, deadline());
            Observation observation = backend.get().observe(key, deadline());
            switch (observation) {
                case Observation.Waiting _, Observation.Running _ -> {
                    keep(held, job, backend.get(), key, PIECES);
                    return SOON;
                }
                case Observation.Exited _, Observation.Ended _, Observation.GivenBack _ ->
                    keep(held, job, backend.get(), key, PIECES_AT_END);
                case Observation.Missing _ -> {}
            }
        }
        JobState ended = stopping.stopped();
        steps.move(held, stopping, ended, type(ended), stopping.reason().message());
        return Duration.ZERO;
    }

    private Duration succeeded(Held held, TrainingJob job, Succeeded succeeded) {
        if (isLost(job)) {
            return attemptFailed(
                    held,
                    job,
                    new EndReason(
                            Kind.INFRASTRUCTURE, "the machine that held the result has not been heard of for long"));
        }
        try {
            JobState.Publication publication = publishing.publish(job, succeeded, backend(job));
            steps.move(
                    held,
                    succeeded,
                    succeeded.published(publication),
                    JobEvent.Type.PUBLISHED,
                    publication.uri() + " is version " + publication.version()
                            + (publication.promoted() ? ", promoted" : ", not promoted"));
        } catch (InvalidArgument | FailedPrecondition | NotFound | TooLarge | Failure.AlreadyExists e) {
            publishingFailed(held, succeeded, String.valueOf(e.getMessage()));
        } catch (Unavailable | DeadlineExceeded | ResourceExhausted | Failure.Cancelled e) {
            if (Duration.between(job.stateSince(), job.readAt()).compareTo(config.publishPatience()) < 0) {
                throw e;
            }
            publishingFailed(held, succeeded, String.valueOf(e.getMessage()));
        }
        return Duration.ZERO;
    }

    private void publishingFailed(Held held, Succeeded succeeded, String message) {
        EndReason reason = new EndReason(Kind.PUBLISHING, message);
        steps.move(held, succeeded, succeeded.failed(reason), JobEvent.Type.FAILED, "not published: " + message);
    }

    /** Each piece is kept in one transaction with the place where the next begins. */
    private void keep(Held held, TrainingJob job, TrainingBackend backend, RunKey key, int pieces) {
        String cursor = job.outputCursor();
        for (int piece = 0; piece < pieces; piece++) {
            OutputPiece next = backend.read(key, cursor, deadline());
            if (next.cursor().equals(cursor)) {
                return;
            }
            RunOutput output = OutputParser.parse(next);
            steps.keep(held, key, output, limits.outputLimits());
            cursor = next.cursor();
            if (!next.more()) {
                return;
            }
        }
    }

    private boolean isLost(TrainingJob job) {
        Optional<String> site = job.state().currentRun().flatMap(JobState.Run::site);
        return job.siteLost()
                && site.isPresent()
                && !site.get().equals(backends.site().toString());
    }

    private TrainingBackend backend(TrainingJob job) {
        return backends.find(job.spec().backend())
                .orElseThrow(() -> new Unavailable(
                        "no dispatcher that runs has the backend " + job.spec().backend()));
    }

    private Deadline deadline() {
        return Deadline.after(config.stepTimeout());
    }

    private static JobEvent.Type type(JobState ended) {
        return switch (ended) {
            case JobState.Cancelled _ -> JobEvent.Type.CANCELLED;
            case JobState.Failed _ -> JobEvent.Type.FAILED;
            case Stopping _ -> JobEvent.Type.STOPPING;
            case Queued _, Dispatched _, Running _, Succeeded _, JobState.Published _ -> JobEvent.Type.NOTE;
        };
    }
}
