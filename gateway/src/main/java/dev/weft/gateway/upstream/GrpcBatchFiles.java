package dev.weft.gateway.upstream;

import com.google.protobuf.ByteString;
import dev.weft.gateway.batches.BatchFiles;
import dev.weft.gateway.embedding.EmbeddingConnection;
import dev.weft.gateway.http.RestCall;
import dev.weft.gateway.services.ServiceConnection;
import dev.weft.kit.error.Failure.Internal;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.time.Backoff;
import dev.weft.kit.time.Deadline;
import dev.weft.protocol.embedding.v1.DeleteFileRequest;
import dev.weft.protocol.embedding.v1.DownloadFileRequest;
import dev.weft.protocol.embedding.v1.DownloadFileResponse;
import dev.weft.protocol.embedding.v1.EmbeddingGrpc;
import dev.weft.protocol.embedding.v1.EmbeddingGrpc.EmbeddingBlockingStub;
import dev.weft.protocol.embedding.v1.File;
import dev.weft.protocol.embedding.v1.FilePurpose;
import dev.weft.protocol.embedding.v1.GetFileRequest;
import dev.weft.protocol.embedding.v1.ListFilesRequest;
import dev.weft.protocol.embedding.v1.ListFilesResponse;
import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Files of embedding-service. */
@Singleton
final class GrpcBatchFiles implements BatchFiles {

    private static final Logger LOG = Logger.getLogger(GrpcBatchFiles.class);

    /** A replica that was killed is back, or given up by the channel, before the last of them. */
    private static final int TRIES_AT_ONE_PLACE = 8;

    private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5));

    private final EmbeddingConnection connection;

    GrpcBatchFiles(EmbeddingConnection connection) {
        this.connection = connection;
    }

    private <T> T ask(RestCall call, Function<EmbeddingBlockingStub, T> question) {
        EmbeddingBlockingStub stub = ServiceConnection.prepare(
                EmbeddingGrpc.newBlockingStub(connection.service().channel()), call, call.deadline());
        return connection.service().call(call, () -> question.apply(stub));
    }

    @Override
    public Upload upload(String name, String purpose, @Nullable Duration expiry, RestCall call) {
        GrpcUpload upload = new GrpcUpload(connection, call);
        upload.describe(name, purpose, expiry);
        return upload;
    }

    @Override
    public FileInfo get(String id, RestCall call) {
        GetFileRequest request = GetFileRequest.newBuilder()
                .setId(id)
                .setOwner(call.caller().seesOf())
                .build();
        return info(ask(call, stub -> stub.getFile(request).getFile()));
    }

    @Override
    public Page list(String purpose, String after, int limit, boolean ascending, RestCall call) {
        ListFilesRequest request = ListFilesRequest.newBuilder()
                .setPurpose(purpose(purpose))
                .setAfter(after)
                .setLimit(limit)
                .setAscending(ascending)
                .setOwner(call.caller().seesOf())
                .build();
        ListFilesResponse response = ask(call, stub -> stub.listFiles(request));
        return new Page(
                response.getFilesList().stream().map(GrpcBatchFiles::info).toList(), response.getHasMore());
    }

    @Override
    public void delete(String id, RestCall call) {
        DeleteFileRequest request = DeleteFileRequest.newBuilder()
                .setId(id)
                .setOwner(call.caller().seesOf())
                .build();
        ask(call, stub -> stub.deleteFile(request));
    }

    /** Goes on at another replica, or at the same one after a pause, where an answer broke off. */
    @Override
    public void download(String id, OutputStream to, RestCall call) throws IOException {
        Deadline deadline = connection.transferDeadline();
        long written = 0;
        int failures = 0;
        while (true) {
            long before = written;
            try (Pieces pieces = new Pieces(id, before, call, deadline)) {
                while (pieces.hasNext()) {
                    ByteString piece = pieces.next();
                    piece.writeTo(to);
                    written += piece.size();
                }
                return;
            } catch (Unavailable e) {
                failures = written > before ? 1 : failures + 1;
                if (failures == TRIES_AT_ONE_PLACE || deadline.isExpired()) {
                    throw e;
                }
                LOG.infof(
                        "file %s: the download broke off after %d bytes, and goes on: %s", id, written, e.getMessage());
            }
            LockSupport.parkNanos(BACKOFF.after(failures).toNanos());
        }
    }

    /** The bytes of a file from an offset on. The call ends with it, too when the client does not take the bytes. */
    private final class Pieces implements AutoCloseable {

        private final Context.CancellableContext work;
        private final Iterator<DownloadFileResponse> responses;

        private Pieces(String id, long offset, RestCall call, Deadline deadline) {
            EmbeddingBlockingStub stub = ServiceConnection.prepare(
                    EmbeddingGrpc.newBlockingStub(connection.service().channel()), call, deadline);
            DownloadFileRequest request = DownloadFileRequest.newBuilder()
                    .setId(id)
                    .setOffsetBytes(offset)
                    .setOwner(call.caller().seesOf())
                    .build();
            this.work = call.work().withCancellation();
            this.responses = connection.service().call(call, () -> work.call(() -> stub.downloadFile(request)));
        }

        private boolean hasNext() {
            try {
                return responses.hasNext();
            } catch (StatusRuntimeException e) {
                throw connection.service().failure(e);
            }
        }

        private ByteString next() {
            return responses.next().getData();
        }

        @Override
        public void close() {
            work.close();
        }
    }

    static FilePurpose purpose(String purpose) {
        return switch (purpose) {
            case "" -> FilePurpose.FILE_PURPOSE_UNSPECIFIED;
            case BATCH -> FilePurpose.FILE_PURPOSE_BATCH;
            case BATCH_OUTPUT -> FilePurpose.FILE_PURPOSE_BATCH_OUTPUT;
            case FINE_TUNE -> FilePurpose.FILE_PURPOSE_FINE_TUNE;
            default ->
                throw new InvalidArgument("purpose: '" + purpose + "' (expected: one of "
                        + List.of(BATCH, BATCH_OUTPUT, FINE_TUNE) + ")");
        };
    }

    static FileInfo info(File file) {
        return new FileInfo(
                file.getId(),
                file.getName(),
                switch (file.getPurpose()) {
                    case FILE_PURPOSE_BATCH -> BATCH;
                    case FILE_PURPOSE_BATCH_OUTPUT -> BATCH_OUTPUT;
                    case FILE_PURPOSE_FINE_TUNE -> FINE_TUNE;
                    case FILE_PURPOSE_UNSPECIFIED, UNRECOGNIZED ->
                        throw new Internal("embedding-service has a file of the purpose " + file.getPurpose(), null);
                },
                file.getSizeBytes(),
                file.getCreatedAtMs() / 1_000,
                file.getExpiresAtMs() / 1_000);
    }
}
