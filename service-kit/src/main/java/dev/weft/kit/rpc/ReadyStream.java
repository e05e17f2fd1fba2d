package dev.weft.kit.rpc;

import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.Cancelled;
import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.GrpcFailures;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;

/**
 * The answers of one call that has many, written by one virtual thread at the pace at which the client reads. To be made on the thread that
 * delivers the call, before the service method returns.
 */
public final class ReadyStream<T> {

    private static final Logger LOG = Logger.getLogger(ReadyStream.class);

    /** How long a client may leave an answer unread. */
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final ServerCallStreamObserver<T> call;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    /**
     * The stream of a call.
     *
     * @param observer as the service method was given it
     */
    public ReadyStream(StreamObserver<T> observer) {
        this.call = (ServerCallStreamObserver<T>) observer;
        call.setOnReadyHandler(this::signal);
        call.setOnCancelHandler(this::signal);
    }

    /** Writes answers; may throw failures. */
    @FunctionalInterface
    public interface Work {
        /** Sends them. */
        void run() throws Exception;
    }

    /**
     * Runs what writes the answers, and ends the call with it.
     *
     * @param operation for the log
     */
    public void run(CallThreads threads, String operation, Work work) {
        threads.execute(() -> {
            try {
                work.run();
                if (!call.isCancelled()) {
                    call.onCompleted();
                }
            } catch (Throwable e) {
                // Whatever it is, an OutOfMemoryError too: the client must not wait for an answer that never comes.
                fail(operation, GrpcFailures.toFailure(e));
            }
        });
    }

    private void fail(String operation, Failure failure) {
        if (failure instanceof Failure.Internal) {
            LOG.errorf(failure, "%s failed", operation);
        } else {
            LOG.infof("%s: %s", operation, failure.getClass().getSimpleName());
        }
        if (!call.isCancelled()) {
            call.onError(GrpcFailures.toStatus(failure));
        }
    }

    /**
     * Sends an answer when the client has read those before.
     *
     * @throws DeadlineExceeded when it does not read for two minutes
     * @throws Cancelled when it has gone away, or the service ends
     */
    public void send(T answer) {
        lock.lock();
        try {
            long left = PATIENCE.toNanos();
            while (!call.isReady()) {
                requireClient();
                if (left <= 0) {
                    throw new DeadlineExceeded("the client did not read for " + PATIENCE.toSeconds() + " s");
                }
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException _) {
            throw new Cancelled("the service ends");
        } finally {
            lock.unlock();
        }
        requireClient();
        call.onNext(answer);
    }

    /**
     * Waits, unless the client goes away.
     *
     * @throws Cancelled when it does, or the service ends
     */
    public void pause(Duration pause) {
        lock.lock();
        try {
            long left = pause.toNanos();
            requireClient();
            while (left > 0) {
                left = changed.awaitNanos(left);
                requireClient();
            }
        } catch (InterruptedException _) {
            throw new Cancelled("the service ends");
        } finally {
            lock.unlock();
        }
    }

    private void requireClient() {
        if (call.isCancelled()) {
            throw new Cancelled("the client went away");
        }
    }

    private void signal() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
