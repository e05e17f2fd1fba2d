package dev.weft.bench;

import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import dev.weft.protocol.inference.RepositoryModelLoadRequest;
import dev.weft.protocol.inference.RepositoryModelUnloadRequest;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A copy of the bundled model's package under another name, which comes and goes while requests are sent. One thread loads and
 * unloads it; any may ask {@link #epoch()}.
 */
final class SecondModel implements AutoCloseable {

    static final String NAME = "soak-copy";

    private static final long PATIENCE_SECONDS = 120;

    private final ManagedChannel channel;
    private final Path folder;

    /** Odd while the model serves. */
    private final AtomicInteger epoch = new AtomicInteger();

    private SecondModel(ManagedChannel channel, Path folder) {
        this.channel = channel;
        this.folder = folder;
    }

    /** Places the package in the mesh's folder of models, from where nobody loads it yet. */
    static SecondModel place(Mesh mesh, Path bundled) throws IOException {
        Path folder = mesh.models().resolve(NAME);
        Trees.copy(bundled, folder);
        return new SecondModel(GrpcTarget.channel(mesh.gateway()), folder);
    }

    /** Loads the model; no request needs to be refused from here on. */
    void load() {
        requestLoad();
        epoch.updateAndGet(now -> now | 1);
    }

    /** Replaces the model while it serves, which must cost no request anything. */
    void replace() {
        requestLoad();
    }

    private void requestLoad() {
        RepositoryModelLoadRequest request =
                RepositoryModelLoadRequest.newBuilder().setModelName(NAME).build();
        requireAnswer(stub().repositoryModelLoad(request));
    }

    void unload() {
        epoch.updateAndGet(now -> now + now % 2);
        RepositoryModelUnloadRequest request =
                RepositoryModelUnloadRequest.newBuilder().setModelName(NAME).build();
        requireAnswer(stub().repositoryModelUnload(request));
    }

    private static void requireAnswer(Object answer) {
        if (answer == null) {
            throw new IllegalStateException("no answer of the repository");
        }
    }

    private GRPCInferenceServiceBlockingStub stub() {
        return GRPCInferenceServiceGrpc.newBlockingStub(channel).withDeadlineAfter(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    /** Which stretch of serving or absence it is. */
    int epoch() {
        return epoch.get();
    }

    /** True when a request that began and ended in that stretch had to be answered. */
    static boolean serves(int epoch) {
        return epoch % 2 == 1;
    }

    @Override
    public void close() throws IOException {
        channel.shutdownNow();
        Trees.delete(folder);
    }
}
