package dev.weft.training.rpc;

import dev.weft.kit.error.Failure.ResourceExhausted;
import dev.weft.kit.error.GrpcFailures;
import dev.weft.kit.rpc.CallThreads;
import dev.weft.protocol.training.v1.WatchJobRequest;
import dev.weft.protocol.training.v1.WatchJobResponse;
import dev.weft.training.dispatch.JobChanges;
import dev.weft.training.job.JobJournal;
import dev.weft.training.job.TrainingJobRepository;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.Semaphore;

/** The clients that watch jobs, each on a virtual thread of its own, and not without a bound. Thread-safe. */
@Singleton
class JobWatches {

    private static final int MAX_WATCHES = 1000;
    private static final Duration PAUSE = Duration.ofSeconds(5);

    private final TrainingJobRepository jobs;
    private final JobJournal journal;
    private final JobChanges changes;
    private final CallThreads threads;
    private final Semaphore room = new Semaphore(MAX_WATCHES);

    JobWatches(TrainingJobRepository jobs, JobJournal journal, JobChanges changes, CallThreads threads) {
        this.jobs = jobs;
        this.journal = journal;
        this.changes = changes;
        this.threads = threads;
    }

    /** To be called on the thread that delivers the call. */
    void begin(WatchJobRequest request, StreamObserver<WatchJobResponse> observer) {
        ServerCallStreamObserver<WatchJobResponse> call = (ServerCallStreamObserver<WatchJobResponse>) observer;
        if (!room.tryAcquire()) {
            call.onError(GrpcFailures.toStatus(
                    new ResourceExhausted("watches: " + MAX_WATCHES + " (expected: room for one more)", PAUSE)));
            return;
        }
        JobWatch watch = new JobWatch(jobs, journal, changes, request, call);
        threads.execute(() -> {
            try {
                watch.run();
            } finally {
                room.release();
            }
        });
    }
}
