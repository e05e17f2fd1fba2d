package dev.weft.embedding.rpc;

import com.google.protobuf.ByteString;
import dev.weft.embedding.batch.Batch;
import dev.weft.embedding.batch.BatchConfig;
import dev.weft.embedding.batch.Batches;
import dev.weft.embedding.file.StoredFiles;
import dev.weft.embedding.usage.UsageLedger;
import dev.weft.kit.error.Failure.ResourceExhausted;
import dev.weft.kit.rpc.CallThreads;
import dev.weft.kit.rpc.ReadyStream;
import dev.weft.kit.rpc.UnaryCalls;
import dev.weft.protocol.embedding.v1.CancelBatchRequest;
import dev.weft.protocol.embedding.v1.CancelBatchResponse;
import dev.weft.protocol.embedding.v1.DeleteFileRequest;
import dev.weft.protocol.embedding.v1.DeleteFileResponse;
import dev.weft.protocol.embedding.v1.DownloadFileRequest;
import dev.weft.protocol.embedding.v1.DownloadFileResponse;
import dev.weft.protocol.embedding.v1.EmbeddingGrpc.EmbeddingImplBase;
import dev.weft.protocol.embedding.v1.GetBatchRequest;
import dev.weft.protocol.embedding.v1.GetBatchResponse;
import dev.weft.protocol.embedding.v1.GetFileRequest;
import dev.weft.protocol.embedding.v1.GetFileResponse;
import dev.weft.protocol.embedding.v1.ListBatchesRequest;
import dev.weft.protocol.embedding.v1.ListBatchesResponse;
import dev.weft.protocol.embedding.v1.ListFilesRequest;
import dev.weft.protocol.embedding.v1.ListFilesResponse;
import dev.weft.protocol.embedding.v1.SubmitBatchRequest;
import dev.weft.protocol.embedding.v1.SubmitBatchResponse;
import dev.weft.protocol.embedding.v1.TakeUsageRequest;
import dev.weft.protocol.embedding.v1.TakeUsageResponse;
import dev.weft.protocol.embedding.v1.UploadFileRequest;
import dev.weft.protocol.embedding.v1.UploadFileResponse;
import dev.weft.protocol.embedding.v1.WatchBatchRequest;
import dev.weft.protocol.embedding.v1.WatchBatchResponse;
import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.Semaphore;

/** Batches and files by gRPC. */
@GrpcService
class EmbeddingService extends EmbeddingImplBase {

    private static final int USUAL_BATCHES = 20;
    private static final int USUAL_FILES = 10_000;
    private static final int PIECE_BYTES = 1 << 18;
    private static final Duration WATCH_INTERVAL = Duration.ofMillis(500);
    private static final Duration RETRY_AFTER = Duration.ofSeconds(5);

    private final Batches batches;
    private final StoredFiles files;
    private final UsageLedger usage;
    private final UnaryCalls calls;
    private final CallThreads threads;
    private final Semaphore watchers;

    EmbeddingService(
            Batches batches,
            StoredFiles files,
            UsageLedger usage,
            UnaryCalls calls,
            CallThreads threads,
            BatchConfig config) {
        this.batches = batches;
        this.files = files;
        this.usage = usage;
        this.calls = calls;
        this.threads = threads;
        this.watchers = new Semaphore(config.maxWatchers());
    }

    @Override
    public void submitBatch(SubmitBatchRequest request, StreamObserver<SubmitBatchResponse> observer) {
        calls.answer("SubmitBatch", observer, () -> SubmitBatchResponse.newBuilder()
                .setBatch(BatchMessages.batch(batches.submit(BatchMessages.order(request))))
                .build());
    }

    @Override
    public void getBatch(GetBatchRequest request, StreamObserver<GetBatchResponse> observer) {
        calls.answer("GetBatch", observer, () -> GetBatchResponse.newBuilder()
                .setBatch(BatchMessages.batch(batches.get(request.getId(), request.getOwner())))
                .build());
    }

    @Override
    public void listBatches(ListBatchesRequest request, StreamObserver<ListBatchesResponse> observer) {
        calls.answer("ListBatches", observer, () -> {
            Batches.Page page = batches.list(
                    request.getOwner(),
                    request.getAfter(),
                    request.getLimit() == 0 ? USUAL_BATCHES : request.getLimit());
            ListBatchesResponse.Builder response =
                    ListBatchesResponse.newBuilder().setHasMore(page.hasMore());
            page.batches().forEach(batch -> response.addBatches(BatchMessages.batch(batch)));
            return response.build();
        });
    }

    @Override
    public void cancelBatch(CancelBatchRequest request, StreamObserver<CancelBatchResponse> observer) {
        calls.answer("CancelBatch", observer, () -> CancelBatchResponse.newBuilder()
                .setBatch(BatchMessages.batch(batches.cancel(request.getId(), request.getOwner())))
                .build());
    }

    @Override
    public void watchBatch(WatchBatchRequest request, StreamObserver<WatchBatchResponse> observer) {
        ReadyStream<WatchBatchResponse> stream = new ReadyStream<>(observer);
        stream.run(threads, "WatchBatch", () -> {
            if (!watchers.tryAcquire()) {
                throw new ResourceExhausted(
                        "watchers: too many (expected: at most weft.embedding.batch.max-watchers)", RETRY_AFTER);
            }
            try {
                watch(request, stream);
            } finally {
                watchers.release();
            }
        });
    }

    private void watch(WatchBatchRequest request, ReadyStream<WatchBatchResponse> stream) {
        Batch sent = batches.get(request.getId(), request.getOwner());
        stream.send(watched(sent));
        while (!sent.state().isEnded()) {
            stream.pause(WATCH_INTERVAL);
            Batch now = batches.get(request.getId(), request.getOwner());
            if (!now.equals(sent)) {
                stream.send(watched(now));
                sent = now;
            }
        }
    }

    private static WatchBatchResponse watched(Batch batch) {
        return WatchBatchResponse.newBuilder()
                .setBatch(BatchMessages.batch(batch))
                .build();
    }

    @Override
    public StreamObserver<UploadFileRequest> uploadFile(StreamObserver<UploadFileResponse> observer) {
        return new UploadStream(files, threads, observer);
    }

    @Override
    public void downloadFile(DownloadFileRequest request, StreamObserver<DownloadFileResponse> observer) {
        ReadyStream<DownloadFileResponse> stream = new ReadyStream<>(observer);
        stream.run(threads, "DownloadFile", () -> {
            try (InputStream input = files.open(request.getId(), request.getOwner(), request.getOffsetBytes())) {
                byte[] piece = new byte[PIECE_BYTES];
                for (int length = input.read(piece); length >= 0; length = input.read(piece)) {
                    stream.send(DownloadFileResponse.newBuilder()
                            .setData(ByteString.copyFrom(piece, 0, length))
                            .build());
                }
            }
        });
    }

    @Override
    public void getFile(GetFileRequest request, StreamObserver<GetFileResponse> observer) {
        calls.answer("GetFile", observer, () -> GetFileResponse.newBuilder()
                .setFile(BatchMessages.file(files.get(request.getId(), request.getOwner())))
                .build());
    }

    @Override
    public void listFiles(ListFilesRequest request, StreamObserver<ListFilesResponse> observer) {
        calls.answer("ListFiles", observer, () -> {
            StoredFiles.Page page = files.list(
                    request.getOwner(),
                    BatchMessages.purpose(request.getPurpose()),
                    request.getAfter(),
                    request.getLimit() == 0 ? USUAL_FILES : request.getLimit(),
                    request.getAscending());
            ListFilesResponse.Builder response = ListFilesResponse.newBuilder().setHasMore(page.hasMore());
            page.files().forEach(file -> response.addFiles(BatchMessages.file(file)));
            return response.build();
        });
    }

    @Override
    public void deleteFile(DeleteFileRequest request, StreamObserver<DeleteFileResponse> observer) {
        calls.answer("DeleteFile", observer, () -> {
            files.delete(request.getId(), request.getOwner());
            return DeleteFileResponse.getDefaultInstance();
        });
    }

    @Override
    public void takeUsage(TakeUsageRequest request, StreamObserver<TakeUsageResponse> observer) {
        calls.answer(
                "TakeUsage", observer, () -> BatchMessages.usage(usage.take(request.getSource(), request.getNumber())));
    }
}
