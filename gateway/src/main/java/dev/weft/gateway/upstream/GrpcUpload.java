package dev.weft.gateway.upstream;

import com.google.protobuf.ByteString;
import dev.weft.gateway.batches.BatchFiles.FileInfo;
import dev.weft.gateway.batches.BatchFiles.Upload;
import dev.weft.gateway.embedding.EmbeddingConnection;
import dev.weft.gateway.http.RestCall;
import dev.weft.gateway.services.ServiceConnection;
import dev.weft.kit.error.Failure;
import dev.weft.kit.time.Deadline;
import dev.weft.protocol.embedding.v1.EmbeddingGrpc;
import dev.weft.protocol.embedding.v1.EmbeddingGrpc.EmbeddingStub;
import dev.weft.protocol.embedding.v1.FileDescription;
import dev.weft.protocol.embedding.v1.UploadFileRequest;
import dev.weft.protocol.embedding.v1.UploadFileResponse;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** One file on its way to embedding-service, at the pace at which it is taken there. What gRPC's threads tell is guarded by the lock. */
final class GrpcUpload implements Upload, ClientResponseObserver<UploadFileRequest, UploadFileResponse> {

    private final EmbeddingConnection connection;
    private final Deadline deadline;
    private final String owner;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private @Nullable ClientCallStreamObserver<UploadFileRequest> call;
    private @Nullable UploadFileResponse answer;
    private @Nullable Throwable failure;
    private boolean ended;

    GrpcUpload(EmbeddingConnection connection, RestCall rest) {
        this.connection = connection;
        this.deadline = connection.transferDeadline();
        this.owner = rest.caller().owner();
        EmbeddingStub stub = ServiceConnection.prepare(
                EmbeddingGrpc.newStub(connection.service().channel()), rest, deadline);
        connection.service().call(rest, () -> stub.uploadFile(this));
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<UploadFileRequest> stream) {
        call = stream;
        stream.setOnReadyHandler(this::signal);
    }

    @Override
    public void describe(String name, String purpose, @Nullable Duration expiry) {
        FileDescription.Builder description = FileDescription.newBuilder()
                .setName(name)
                .setPurpose(GrpcBatchFiles.purpose(purpose))
                .setOwner(owner);
        if (expiry != null) {
            description.setExpiresAfterMs(expiry.toMillis());
        }
        send(UploadFileRequest.newBuilder().setDescription(description).build());
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        send(UploadFileRequest.newBuilder()
                .setData(ByteString.copyFrom(bytes, offset, length))
                .build());
    }

    @Override
    public FileInfo finish() {
        started().onCompleted();
        await(() -> answer != null);
        lock.lock();
        try {
            if (answer == null) {
                throw new Failure.Internal("embedding-service ended an upload without an answer", null);
            }
            return GrpcBatchFiles.info(answer.getFile());
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            if (ended) {
                return;
            }
        } finally {
            lock.unlock();
        }
        started().cancel("the upload was given up", null);
    }

    private ClientCallStreamObserver<UploadFileRequest> started() {
        if (call == null) {
            throw new IllegalStateException("no call");
        }
        return call;
    }

    private void send(UploadFileRequest message) {
        ClientCallStreamObserver<UploadFileRequest> stream = started();
        await(stream::isReady);
        stream.onNext(message);
    }

    private interface State {
        boolean holds();
    }

    /** Waits until the state holds, or the call has ended. */
    private void await(State state) {
        lock.lock();
        try {
            while (!state.holds() && !ended) {
                long left = deadline.remaining().toNanos();
                if (left <= 0 || !changed.await(left, TimeUnit.NANOSECONDS)) {
                    throw new Failure.DeadlineExceeded("deadline passed while a file was uploaded");
                }
            }
            if (failure != null) {
                throw connection.service().failure(failure);
            }
        } catch (InterruptedException _) {
            throw new Failure.Cancelled("the client went away");
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void onNext(UploadFileResponse response) {
        lock.lock();
        try {
            answer = response;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void onError(Throwable thrown) {
        lock.lock();
        try {
            failure = thrown;
            ended = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void onCompleted() {
        lock.lock();
        try {
            ended = true;
            changed.signalAll();
        } finally {
            lock.unlock();
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
