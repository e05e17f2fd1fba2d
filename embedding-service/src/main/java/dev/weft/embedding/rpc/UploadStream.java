package dev.weft.embedding.rpc;

import dev.weft.embedding.file.FileUpload;
import dev.weft.embedding.file.StoredFile;
import dev.weft.embedding.file.StoredFiles;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.GrpcFailures;
import dev.weft.kit.rpc.CallThreads;
import dev.weft.protocol.embedding.v1.FileDescription;
import dev.weft.protocol.embedding.v1.UploadFileRequest;
import dev.weft.protocol.embedding.v1.UploadFileResponse;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One upload. The next message is asked for when the one before is on disk, so a file is never in memory; each is written on a virtual thread, as
 * messages come on an event loop, one after another in their order.
 */
final class UploadStream implements StreamObserver<UploadFileRequest> {

    private static final Logger LOG = Logger.getLogger(UploadStream.class);

    private final StoredFiles files;
    private final CallThreads threads;
    private final ServerCallStreamObserver<UploadFileResponse> call;
    private final ReentrantLock lock = new ReentrantLock();
    private final Queue<Runnable> steps = new ArrayDeque<>(4);
    private @Nullable FileUpload upload;
    private boolean running;
    private boolean ended;

    UploadStream(StoredFiles files, CallThreads threads, StreamObserver<UploadFileResponse> observer) {
        this.files = files;
        this.threads = threads;
        this.call = (ServerCallStreamObserver<UploadFileResponse>) observer;
        call.disableAutoRequest();
        call.setOnCancelHandler(() -> enqueue(this::close));
        call.request(1);
    }

    @Override
    public void onNext(UploadFileRequest request) {
        enqueue(() -> step(() -> {
            take(request);
            call.request(1);
        }));
    }

    @Override
    public void onError(Throwable thrown) {
        enqueue(this::close);
    }

    @Override
    public void onCompleted() {
        enqueue(() -> step(this::finish));
    }

    /** There are never many: the client's next message is asked for by the step before it. */
    private void enqueue(Runnable step) {
        lock.lock();
        try {
            steps.add(step);
            if (running) {
                return;
            }
            running = true;
        } finally {
            lock.unlock();
        }
        threads.execute(this::run);
    }

    private void run() {
        for (Runnable step = next(); step != null; step = next()) {
            step.run();
        }
    }

    private @Nullable Runnable next() {
        lock.lock();
        try {
            Runnable step = steps.poll();
            running = step != null;
            return step;
        } finally {
            lock.unlock();
        }
    }

    private void step(Runnable work) {
        if (ended) {
            return;
        }
        try {
            work.run();
        } catch (Throwable e) {
            // Whatever it is, an OutOfMemoryError too: the client must not wait for an answer that never comes.
            Failure failure = GrpcFailures.toFailure(e);
            if (failure instanceof Failure.Internal) {
                LOG.error("UploadFile failed", failure);
            } else {
                LOG.infof("UploadFile: %s", failure.getClass().getSimpleName());
            }
            close();
            if (!call.isCancelled()) {
                call.onError(GrpcFailures.toStatus(failure));
            }
        }
    }

    private void take(UploadFileRequest request) {
        switch (request.getPartCase()) {
            case DESCRIPTION -> describe(request.getDescription());
            case DATA -> {
                byte[] bytes = request.getData().toByteArray();
                begun().write(bytes, 0, bytes.length);
            }
            case PART_NOT_SET -> throw new InvalidArgument("part: missing (expected: description or data)");
        }
    }

    private void describe(FileDescription description) {
        StoredFile.Purpose purpose = BatchMessages.purpose(description.getPurpose());
        if (purpose == null) {
            throw new InvalidArgument("purpose: missing (expected: batch or fine-tune)");
        }
        Duration expiry = BatchMessages.duration(description.getExpiresAfterMs());
        if (upload == null) {
            upload = files.upload(description.getOwner(), description.getName(), purpose, expiry);
        } else {
            upload.describe(description.getName(), purpose, expiry);
        }
    }

    private FileUpload begun() {
        if (upload == null) {
            throw new InvalidArgument("description: missing (expected: in the first message)");
        }
        return upload;
    }

    private void finish() {
        StoredFile file = begun().finish();
        close();
        if (!call.isCancelled()) {
            call.onNext(UploadFileResponse.newBuilder()
                    .setFile(BatchMessages.file(file))
                    .build());
            call.onCompleted();
        }
    }

    private void close() {
        ended = true;
        if (upload != null) {
            upload.close();
            upload = null;
        }
    }
}
