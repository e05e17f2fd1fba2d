package dev.weft.store.rpc;

import dev.weft.kit.error.Failure.Unimplemented;
import dev.weft.kit.error.GrpcFailures;
import dev.weft.kit.time.Deadline;
import dev.weft.protocol.store.v1.GetManifestRequest;
import dev.weft.protocol.store.v1.ModelPackagesGrpc;
import dev.weft.protocol.store.v1.ModelPackagesGrpc.ModelPackagesBlockingStub;
import dev.weft.protocol.store.v1.ReadFileRequest;
import dev.weft.store.Manifest;
import dev.weft.store.ModelStore;
import dev.weft.store.ModelUri;
import dev.weft.store.Published;
import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** A store that another service has, to be read from: versions only, which never change. Thread-safe. */
public final class GrpcModelStore implements ModelStore {

    private static final Duration LONGEST_ASKING = Duration.ofSeconds(30);

    /** Ten thousand files with the longest of paths. */
    private static final int LARGEST_MANIFEST = 8 << 20;

    private final String scheme;
    private final ModelPackagesBlockingStub packages;

    /**
     * The other service's store of that scheme.
     *
     * @param channel to it; shows it who calls
     */
    public GrpcModelStore(String scheme, Channel channel) {
        this.scheme = scheme;
        this.packages = ModelPackagesGrpc.newBlockingStub(channel).withMaxInboundMessageSize(LARGEST_MANIFEST);
    }

    @Override
    public String scheme() {
        return scheme;
    }

    /** Packages are put where the store is. */
    @Override
    public Published put(String name, Path folder, Deadline deadline) {
        throw new Unimplemented("store " + scheme + ": can only be read here");
    }

    @Override
    public Manifest manifest(ModelUri uri, Deadline deadline) {
        GetManifestRequest request =
                GetManifestRequest.newBuilder().setUri(uri.toString()).build();
        try {
            return Manifest.ofVersion(
                    uri,
                    until(deadline.earlier(Deadline.after(LONGEST_ASKING)))
                            .getManifest(request)
                            .getManifest());
        } catch (StatusRuntimeException e) {
            throw GrpcFailures.toFailure(e);
        }
    }

    @Override
    public InputStream open(ModelUri uri, Manifest.Entry file, long offset, Deadline deadline) {
        ReadFileRequest request = ReadFileRequest.newBuilder()
                .setUri(uri.toString())
                .setPath(file.path())
                .setOffsetBytes(offset)
                .build();
        return FileStream.begin(() -> until(deadline).readFile(request));
    }

    private ModelPackagesBlockingStub until(Deadline deadline) {
        return packages.withDeadlineAfter(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS);
    }
}
