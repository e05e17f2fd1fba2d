package dev.weft.kit.rpc;

import dev.weft.kit.error.Failure;
import dev.weft.kit.error.GrpcFailures;
import dev.weft.kit.telemetry.LogKeys;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import jakarta.inject.Singleton;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;
import org.jspecify.annotations.Nullable;

/**
 * Answers unary gRPC calls: the work runs on a virtual thread, what it throws becomes the call's status, and a client that goes
 * away interrupts it. Quarkus' own {@code @RunOnVirtualThread} delivers a cancellation only after the method has returned, which
 * is too late for work that can still be dropped. Thread-safe.
 */
@Singleton
public class UnaryCalls {

    private static final Logger LOG = Logger.getLogger(UnaryCalls.class);

    private final CallThreads threads;

    /** Whose work runs on these threads. */
    public UnaryCalls(CallThreads threads) {
        this.threads = threads;
    }

    /**
     * Runs {@code work} and answers {@code observer} with its result or failure. To be called on the thread that delivers the
     * call, before the service method returns.
     */
    public <T> void answer(String operation, StreamObserver<T> observer, Callable<T> work) {
        ServerCallStreamObserver<T> call = (ServerCallStreamObserver<T>) observer;
        FutureTask<Boolean> task = new FutureTask<>(() -> {
            run(operation, call, work);
            return true;
        });
        call.setOnCancelHandler(() -> task.cancel(true));
        threads.execute(task);
    }

    /**
     * Answers {@code observer} when {@code work} completes, on the thread that completes it. To be called on the thread that delivers the
     * call, before the service method returns.
     *
     * @param work starts what takes long and returns at once; cancelled when the client goes away
     * @param encode makes the response of what the work gave
     */
    public <A, T> void answerLater(
            String operation, StreamObserver<T> observer, Supplier<CompletableFuture<A>> work, Function<A, T> encode) {
        ServerCallStreamObserver<T> call = (ServerCallStreamObserver<T>) observer;
        long start = System.nanoTime();
        RequestId id = RequestId.CONTEXT.get();
        CompletableFuture<A> answer;
        try {
            answer = work.get();
        } catch (RuntimeException e) {
            answer = CompletableFuture.failedFuture(e);
        }
        call.setOnCancelHandler(cancelling(answer));
        CompletableFuture<A> _ = answer.whenComplete((value, thrown) -> respond(operation, call, id, start, () -> {
            if (thrown != null) {
                throw GrpcFailures.toFailure(thrown);
            }
            return encode.apply(value);
        }));
    }

    private static Runnable cancelling(CompletableFuture<?> answer) {
        return () -> answer.cancel(false);
    }

    private static <T> void run(String operation, ServerCallStreamObserver<T> call, Callable<T> work) {
        respond(operation, call, RequestId.CONTEXT.get(), System.nanoTime(), work);
    }

    private static <T> void respond(
            String operation, ServerCallStreamObserver<T> call, @Nullable RequestId id, long start, Callable<T> work) {
        if (id != null) {
            MDC.put(LogKeys.REQUEST_ID, id.value());
        }
        try {
            T answer = work.call();
            if (!call.isCancelled()) {
                call.onNext(answer);
                call.onCompleted();
            }
            LOG.debugf("%s: OK in %d us", operation, (System.nanoTime() - start) / 1_000);
        } catch (Throwable e) {
            // Whatever it is, an OutOfMemoryError too: the client must not wait for an answer that never comes.
            Failure failure = GrpcFailures.toFailure(e);
            log(operation, failure);
            if (!call.isCancelled()) {
                call.onError(GrpcFailures.toStatus(failure));
            }
        } finally {
            MDC.remove(LogKeys.REQUEST_ID);
        }
    }

    private static void log(String operation, Failure failure) {
        if (failure instanceof Failure.Internal) {
            LOG.errorf(failure, "%s failed", operation);
        } else {
            // The message may repeat what the client sent, which is no business of an ordinary log.
            LOG.infof("%s: %s", operation, failure.getClass().getSimpleName());
            LOG.debugf("%s: %s", operation, failure.getMessage());
        }
    }
}
