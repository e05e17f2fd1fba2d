package dev.weft.store.rpc;

import com.google.protobuf.ByteString;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.NotFound;
import dev.weft.kit.rpc.CallThreads;
import dev.weft.kit.rpc.ReadyStream;
import dev.weft.kit.rpc.UnaryCalls;
import dev.weft.kit.time.Deadline;
import dev.weft.protocol.store.v1.GetManifestRequest;
import dev.weft.protocol.store.v1.GetManifestResponse;
import dev.weft.protocol.store.v1.ModelPackagesGrpc;
import dev.weft.protocol.store.v1.ReadFileRequest;
import dev.weft.protocol.store.v1.ReadFileResponse;
import dev.weft.store.Manifest;
import dev.weft.store.ModelStores;
import dev.weft.store.ModelUri;
import io.grpc.stub.StreamObserver;
import java.io.InputStream;
import java.time.Duration;

/** Hands out what lies in the stores of a service. Thread-safe. */
public class ModelPackages extends ModelPackagesGrpc.ModelPackagesImplBase {

    private static final int PIECE_BYTES = 256 << 10;

    /** Of asking a store; how long a file takes is up to whoever reads it. */
    private static final Duration LIMIT = Duration.ofMinutes(1);

    private static final Duration LONGEST_READ = Duration.ofHours(1);

    private final UnaryCalls calls;
    private final CallThreads threads;
    private final ModelStores stores;

    /**
     * Of these stores.
     *
     * @param threads on which files are read
     */
    public ModelPackages(UnaryCalls calls, CallThreads threads, ModelStores stores) {
        this.calls = calls;
        this.threads = threads;
        this.stores = stores;
    }

    @Override
    public void getManifest(GetManifestRequest request, StreamObserver<GetManifestResponse> observer) {
        calls.answer("GetManifest", observer, () -> GetManifestResponse.newBuilder()
                .setManifest(manifest(uri(request.getUri())).text())
                .build());
    }

    @Override
    public void readFile(ReadFileRequest request, StreamObserver<ReadFileResponse> observer) {
        ReadyStream<ReadFileResponse> stream = new ReadyStream<>(observer);
        stream.run(threads, "ReadFile", () -> {
            ModelUri uri = uri(request.getUri());
            Manifest.Entry file = manifest(uri)
                    .file(request.getPath())
                    .orElseThrow(() -> new NotFound("path: '" + request.getPath() + "' is not in " + uri));
            if (request.getOffsetBytes() < 0 || request.getOffsetBytes() > file.bytes()) {
                throw new InvalidArgument(
                        "offset_bytes: " + request.getOffsetBytes() + " (expected: 0 to " + file.bytes() + ")");
            }
            try (InputStream input =
                    stores.of(uri).open(uri, file, request.getOffsetBytes(), Deadline.after(LONGEST_READ))) {
                byte[] piece = new byte[PIECE_BYTES];
                for (int length = input.read(piece); length >= 0; length = input.read(piece)) {
                    stream.send(ReadFileResponse.newBuilder()
                            .setData(ByteString.copyFrom(piece, 0, length))
                            .build());
                }
            }
        });
    }

    private Manifest manifest(ModelUri uri) {
        return stores.of(uri).manifest(uri, Deadline.after(LIMIT));
    }

    /** Versions only: a folder as it lies may change while it is read, and its manifest takes reading all of it. */
    private static ModelUri uri(String text) {
        ModelUri uri = ModelUri.parse(text);
        if (uri.version().isEmpty()) {
            throw new InvalidArgument("uri: '" + text + "' (expected: one with a version, scheme:path@version)");
        }
        return uri;
    }
}
