package dev.weft.gateway.upstream;

import dev.weft.gateway.batches.BatchFiles;
import dev.weft.gateway.embedding.EmbeddingConnection;
import dev.weft.gateway.http.RestCall;
import dev.weft.gateway.services.ServiceConnection;
import dev.weft.kit.error.Failure.Internal;
import dev.weft.kit.error.Failure.InvalidArgument;
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
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Files of embedding-service. */
@Singleton
final class GrpcBatchFiles implements BatchFiles {

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

    @Override
    public void download(String id, OutputStream to, RestCall call) throws IOException {
        Deadline deadline = connection.transferDeadline();
        EmbeddingBlockingStub stub = ServiceConnection.prepare(
                EmbeddingGrpc.newBlockingStub(connection.service().channel()), call, deadline);
        DownloadFileRequest request = DownloadFileRequest.newBuilder()
                .setId(id)
                .setOwner(call.caller().seesOf())
                .build();
        // Ends the call when this method ends in its middle, because the client does not take the bytes.
        try (Context.CancellableContext work = call.work().withCancellation()) {
            Iterator<DownloadFileResponse> pieces =
                    connection.service().call(call, () -> work.call(() -> stub.downloadFile(request)));
            while (pieces.hasNext()) {
                pieces.next().getData().writeTo(to);
            }
        } catch (StatusRuntimeException e) {
            throw connection.service().failure(e);
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
