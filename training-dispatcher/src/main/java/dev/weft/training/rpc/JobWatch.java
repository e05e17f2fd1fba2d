package dev.weft.training.rpc;

import dev.weft.kit.error.GrpcFailures;
import dev.weft.protocol.training.v1.WatchJobRequest;
import dev.weft.protocol.training.v1.WatchJobResponse;
import dev.weft.training.dispatch.JobChanges;
import dev.weft.training.job.JobEvent;
import dev.weft.training.job.JobId;
import dev.weft.training.job.JobJournal;
import dev.weft.training.job.LogLine;
import dev.weft.training.job.MetricPoint;
import dev.weft.training.job.TrainingJob;
import dev.weft.training.job.TrainingJobRepository;
import io.grpc.stub.ServerCallStreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One client that watches one job: all that is in the journal behind his numbers, then what is added, until the job has ended. He is sent as much as he
 * reads; what he does not read stays in the journal. Owned by the thread that runs it.
 */
final class JobWatch implements Runnable {

    /** News may be lost with a connection to the database. */
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(2);

    private static final Duration READY_CHECK = Duration.ofMillis(500);

    private final TrainingJobRepository jobs;
    private final JobJournal journal;
    private final JobChanges changes;
    private final WatchJobRequest request;
    private final ServerCallStreamObserver<WatchJobResponse> call;
    private volatile @Nullable Thread thread;
    private volatile boolean news;
    private long event;
    private long log;
    private long metric;

    JobWatch(
            TrainingJobRepository jobs,
            JobJournal journal,
            JobChanges changes,
            WatchJobRequest request,
            ServerCallStreamObserver<WatchJobResponse> call) {
        this.jobs = jobs;
        this.journal = journal;
        this.changes = changes;
        this.request = request;
        this.call = call;
        this.event = request.getAfterEvent();
        this.log = request.getAfterLog();
        this.metric = request.getAfterMetric();
        call.setOnCancelHandler(this::wake);
        call.setOnReadyHandler(this::wake);
    }

    private void wake() {
        news = true;
        LockSupport.unpark(thread);
    }

    @Override
    public void run() {
        thread = Thread.currentThread();
        try {
            JobId id = new JobId(request.getJobId());
            try (JobChanges.Listening _ = changes.whenChanges(id, this::wake)) {
                watch(id);
            }
            if (!call.isCancelled()) {
                call.onCompleted();
            }
        } catch (RuntimeException e) {
            if (!call.isCancelled()) {
                call.onError(GrpcFailures.toStatus(GrpcFailures.toFailure(e)));
            }
        }
    }

    private void watch(JobId id) {
        @Nullable TrainingJob told = null;
        while (!call.isCancelled()) {
            news = false;
            TrainingJob job = jobs.get(id);
            if (told == null) {
                tell(job);
                told = job;
            }
            tellJournal(job);
            if (differs(told, job)) {
                tell(job);
                told = job;
            }
            if (job.state().isEnd()) {
                return;
            }
            if (!news) {
                LockSupport.parkNanos(LOOK_AGAIN.toNanos());
            }
        }
    }

    private static boolean differs(TrainingJob before, TrainingJob now) {
        return !before.state().equals(now.state())
                || !before.progress().equals(now.progress())
                || !before.note().equals(now.note())
                || !before.cancelRequested().equals(now.cancelRequested());
    }

    /** The job was read before: whatever its counts say is there to be read now. */
    private void tellJournal(TrainingJob job) {
        while (event < job.counts().events() && !call.isCancelled()) {
            List<JobEvent> events = journal.events(job.id(), event, JobJournal.MAX_ROWS);
            for (JobEvent one : events) {
                send(WatchJobResponse.newBuilder()
                        .setEvent(JobMessages.message(one))
                        .build());
                event = one.number();
            }
            if (events.isEmpty()) {
                break;
            }
        }
        while (request.getWithLogs() && log < job.counts().logs() && !call.isCancelled()) {
            List<LogLine> lines = journal.logs(job.id(), log, JobJournal.MAX_ROWS);
            for (LogLine one : lines) {
                send(WatchJobResponse.newBuilder()
                        .setLog(JobMessages.message(one))
                        .build());
                log = one.number();
            }
            if (lines.isEmpty()) {
                break;
            }
        }
        while (request.getWithMetrics() && metric < job.counts().metrics() && !call.isCancelled()) {
            List<MetricPoint> points = journal.metrics(job.id(), metric, JobJournal.MAX_ROWS);
            for (MetricPoint one : points) {
                send(WatchJobResponse.newBuilder()
                        .setMetric(JobMessages.message(one))
                        .build());
                metric = one.number();
            }
            if (points.isEmpty()) {
                break;
            }
        }
    }

    private void tell(TrainingJob job) {
        send(WatchJobResponse.newBuilder().setJob(JobMessages.message(job)).build());
    }

    private void send(WatchJobResponse response) {
        while (!call.isReady() && !call.isCancelled()) {
            LockSupport.parkNanos(READY_CHECK.toNanos());
        }
        if (!call.isCancelled()) {
            call.onNext(response);
        }
    }
}
