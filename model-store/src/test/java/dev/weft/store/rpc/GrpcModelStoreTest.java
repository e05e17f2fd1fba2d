package dev.weft.store.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.NotFound;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.rpc.CallThreads;
import dev.weft.kit.rpc.UnaryCalls;
import dev.weft.kit.time.Deadline;
import dev.weft.store.Manifest;
import dev.weft.store.ModelStore;
import dev.weft.store.ModelStores;
import dev.weft.store.ModelUri;
import dev.weft.store.Published;
import dev.weft.store.file.FileModelStoreTest;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Packages are put into a store of folders, and read by gRPC, which is to make no difference. */
class GrpcModelStoreTest extends FileModelStoreTest {

    private final List<Server> servers = new ArrayList<>();
    private final List<ManagedChannel> channels = new ArrayList<>();

    /** Puts here, reads there. */
    private record Split(ModelStore original, ModelStore remote) implements ModelStore {
        @Override
        public String scheme() {
            return remote.scheme();
        }

        @Override
        public Published put(String name, Path folder, Deadline deadline) {
            return original.put(name, folder, deadline);
        }

        @Override
        public Manifest manifest(ModelUri uri, Deadline deadline) {
            return remote.manifest(uri, deadline);
        }

        @Override
        public InputStream open(ModelUri uri, Manifest.Entry file, long offset, Deadline deadline) throws IOException {
            return remote.open(uri, file, offset, deadline);
        }
    }

    @Override
    protected ModelStore store(long maxPackageBytes) {
        ModelStore original = super.store(maxPackageBytes);
        CallThreads threads = new CallThreads();
        try {
            Server server = Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
                    .addService(new ModelPackages(new UnaryCalls(threads), threads, new ModelStores(List.of(original))))
                    .build()
                    .start();
            ManagedChannel channel = Grpc.newChannelBuilderForAddress(
                            "127.0.0.1", server.getPort(), InsecureChannelCredentials.create())
                    .build();
            servers.add(server);
            channels.add(channel);
            return new Split(original, new GrpcModelStore(original.scheme(), channel));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @AfterEach
    void stop() {
        channels.forEach(ManagedChannel::shutdownNow);
        servers.forEach(Server::shutdownNow);
    }

    /** Reading a folder as it lies is for those who see it. */
    @Test
    void folderWithoutAVersionIsNotHandedOut() {
        ModelUri plain = new ModelUri("file", folder.toString(), Optional.empty());

        assertThatThrownBy(() -> store(PLENTY).manifest(plain, soon()))
                .isInstanceOf(InvalidArgument.class)
                .hasMessageContaining("expected: one with a version");
    }

    @Test
    void fileThatIsNotInThePackageIsNotRead() {
        ModelStore store = store(PLENTY);
        Published published = store.put("intents", writePackage(1), soon());
        Manifest.Entry other = new Manifest.Entry("secret", 5, "0".repeat(64));

        assertThatExceptionOfType(NotFound.class)
                .isThrownBy(() -> store.open(published.uri(), other, 0, soon()).close());
    }

    @Test
    void offsetBehindTheEndIsRefused() {
        ModelStore store = store(PLENTY);
        Published published = store.put("intents", writePackage(1), soon());
        Manifest.Entry file = published.manifest().file("config.json").orElseThrow();

        assertThatExceptionOfType(InvalidArgument.class)
                .isThrownBy(() -> store.open(published.uri(), file, file.bytes() + 1, soon())
                        .close());
    }

    @Test
    void serverThatEndsInTheMiddleIsUnavailableAndTheNextFetchGoesOn() throws IOException {
        ModelStore store = store(PLENTY);
        Path source = writePackage(1);
        Published published = store.put("intents", source, soon());
        Manifest.Entry graph = published.manifest().file("onnx/model.onnx").orElseThrow();

        try (InputStream in = store.open(published.uri(), graph, 0, soon())) {
            assertThat(in.readNBytes(1000)).hasSize(1000);
            servers.forEach(Server::shutdownNow);
            assertThatExceptionOfType(Unavailable.class).isThrownBy(in::readAllBytes);
        }
        assertThatExceptionOfType(Failure.class)
                .isThrownBy(() -> store.fetchInto(published.uri(), folder.resolve("target"), soon()));
        store(PLENTY).fetchInto(published.uri(), folder.resolve("target"), soon());
        assertThat(folder.resolve("target/onnx/model.onnx")).hasSameBinaryContentAs(source.resolve("onnx/model.onnx"));
    }
}
