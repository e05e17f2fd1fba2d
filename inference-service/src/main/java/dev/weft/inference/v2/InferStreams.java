package dev.weft.inference.v2;

import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.Cancelled;
import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.GrpcFailures;
import dev.weft.kit.rpc.CallThreads;
import dev.weft.kit.rpc.OnlyModel;
import dev.weft.kit.rpc.RequestId;
import dev.weft.kit.rpc.SingleAnswer;
import dev.weft.kit.telemetry.LogKeys;
import dev.weft.kit.time.Deadline;
import dev.weft.protocol.inference.InferParameter;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferResponse;
import dev.weft.protocol.inference.ModelStreamInferResponse;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import jakarta.inject.Singleton;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;
import org.jspecify.annotations.Nullable;

/**
 * Answers streams of requests, one request after the other on a virtual thread each: the next is read when the last is answered, so
 * that a stream holds no more than one. A stream of a {@link SingleAnswer} fails as a call when its request does before there is a piece. A client that reads slowly holds up its own request alone, and one that goes away interrupts
 * it. Thread-safe.
 */
@Singleton
class InferStreams {

    private static final Logger LOG = Logger.getLogger(InferStreams.class);

    private final ModelInference models;
    private final CallThreads threads;

    InferStreams(ModelInference models, CallThreads threads) {
        this.models = models;
        this.threads = threads;
    }

    /** Serves one stream. To be called on the thread that delivers the call. */
    StreamObserver<ModelInferRequest> open(StreamObserver<ModelStreamInferResponse> observer) {
        return new Stream((ServerCallStreamObserver<ModelStreamInferResponse>) observer);
    }

    /** One stream; what its threads share is guarded by {@code lock}. */
    private final class Stream implements StreamObserver<ModelInferRequest> {

        private final ServerCallStreamObserver<ModelStreamInferResponse> call;
        private final ReentrantLock lock = new ReentrantLock();
        private final Condition ready = lock.newCondition();
        private @Nullable FutureTask<Boolean> running;
        private boolean halfClosed;

        /** Whether a piece is with the client; belongs to the thread of the request. */
        private boolean begun;

        private boolean failed;

        private Stream(ServerCallStreamObserver<ModelStreamInferResponse> call) {
            this.call = call;
            call.disableAutoRequest();
            call.setOnReadyHandler(this::signal);
            call.setOnCancelHandler(this::cancel);
            call.request(1);
        }

        @Override
        public void onNext(ModelInferRequest request) {
            Deadline deadline = models.deadline();
            FutureTask<Boolean> task = new FutureTask<>(() -> {
                answer(request, deadline);
                return true;
            });
            lock.lock();
            try {
                running = task;
            } finally {
                lock.unlock();
            }
            threads.execute(task);
        }

        @Override
        public void onError(Throwable thrown) {
            cancel();
        }

        @Override
        public void onCompleted() {
            lock.lock();
            try {
                halfClosed = true;
                if (running == null && !call.isCancelled()) {
                    call.onCompleted();
                }
            } finally {
                lock.unlock();
            }
        }

        private void cancel() {
            lock.lock();
            try {
                if (running != null) {
                    running.cancel(true);
                }
                ready.signalAll();
            } finally {
                lock.unlock();
            }
        }

        private void signal() {
            lock.lock();
            try {
                ready.signalAll();
            } finally {
                lock.unlock();
            }
        }

        private void answer(ModelInferRequest request, Deadline deadline) {
            RequestId id = RequestId.CONTEXT.get();
            if (id != null) {
                MDC.put(LogKeys.REQUEST_ID, id.value());
            }
            try {
                OnlyModel.check(OnlyModel.CONTEXT.get(), request.getModelName());
                models.stream(MeantModel.of(request), deadline, piece -> send(piece, deadline));
                LOG.debugf("ModelStreamInfer: OK");
            } catch (Throwable e) {
                // Whatever it is, an OutOfMemoryError too: the client must not wait for an answer that never comes.
                fail(request, GrpcFailures.toFailure(e));
            } finally {
                MDC.remove(LogKeys.REQUEST_ID);
                next();
            }
        }

        private void fail(ModelInferRequest request, Failure failure) {
            if (failure instanceof Failure.Internal) {
                LOG.errorf(failure, "ModelStreamInfer failed");
            } else {
                LOG.infof("ModelStreamInfer: %s", failure.getClass().getSimpleName());
                LOG.debugf("ModelStreamInfer: %s", failure.getMessage());
            }
            if (call.isCancelled()) {
                return;
            }
            if (Boolean.TRUE.equals(SingleAnswer.CONTEXT.get()) && !begun) {
                failed = true;
                call.onError(GrpcFailures.toStatus(failure));
                return;
            }
            ModelInferResponse.Builder response = ModelInferResponse.newBuilder()
                    .setModelName(request.getModelName())
                    .setId(request.getId())
                    .putParameters(AnswerEncoder.FINAL, AnswerEncoder.TRUE)
                    .putParameters(
                            "status",
                            InferParameter.newBuilder()
                                    .setStringParam(GrpcFailures.toStatus(failure)
                                            .getStatus()
                                            .getCode()
                                            .name())
                                    .build());
            if (failure instanceof Failure.ResourceExhausted exhausted) {
                response.putParameters(
                        "retry_after_ms",
                        InferParameter.newBuilder()
                                .setInt64Param(exhausted.retryAfter().toMillis())
                                .build());
            }
            call.onNext(ModelStreamInferResponse.newBuilder()
                    .setErrorMessage(failure.getMessage())
                    .setInferResponse(response)
                    .build());
        }

        /** Reads the next request, or ends the stream when the client has sent its last. */
        private void next() {
            lock.lock();
            try {
                running = null;
                if (call.isCancelled() || failed) {
                    return;
                }
                if (halfClosed) {
                    call.onCompleted();
                } else {
                    call.request(1);
                }
            } finally {
                lock.unlock();
            }
        }

        private void send(ModelInferResponse piece, Deadline deadline) {
            awaitReady(deadline);
            begun = true;
            call.onNext(ModelStreamInferResponse.newBuilder()
                    .setInferResponse(piece)
                    .build());
        }

        private void awaitReady(Deadline deadline) {
            lock.lock();
            try {
                while (!call.isReady()) {
                    long left = deadline.remaining().toNanos();
                    if (call.isCancelled()) {
                        throw new Cancelled("the client went away");
                    }
                    if (left <= 0) {
                        throw new DeadlineExceeded("deadline passed while the client did not read");
                    }
                    ready.await(left, TimeUnit.NANOSECONDS);
                }
            } catch (InterruptedException _) {
                throw new Cancelled("the client went away");
            } finally {
                lock.unlock();
            }
        }
    }
}
