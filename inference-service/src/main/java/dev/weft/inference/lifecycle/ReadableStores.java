package dev.weft.inference.lifecycle;

import dev.weft.kit.identity.IdentityClientInterceptor;
import dev.weft.kit.tls.ServiceChannels;
import dev.weft.store.ModelStore;
import dev.weft.store.ModelStores;
import dev.weft.store.file.FileModelStore;
import dev.weft.store.rpc.GrpcModelStore;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Makes the stores of the configuration: folders that this machine sees, and what training-dispatcher hands out. */
@Singleton
final class ReadableStores {

    private static final int KEEP_ALIVE_SECONDS = 30;
    private static final String FILE = "file";
    private static final String POSTGRES = "pg";

    private final ModelStoreConfig config;
    private final Optional<ManagedChannel> channel;

    ReadableStores(ModelStoreConfig config, IdentityClientInterceptor identity, ServiceChannels channels) {
        this.config = config;
        // It connects when something is fetched.
        channel = config.target().map(target -> channels.to(target)
                .intercept(identity)
                .defaultLoadBalancingPolicy("round_robin")
                .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
                .build());
    }

    @Produces
    @Singleton
    ModelStores stores() {
        return of(config, channel);
    }

    static ModelStores of(ModelStoreConfig config, Optional<? extends Channel> channel) {
        List<Path> folders = config.folders().orElse(List.of());
        List<ModelStore> stores = new ArrayList<>();
        if (!folders.isEmpty()) {
            stores.add(new FileModelStore(folders.getFirst(), folders, new FileModelStore.Limits(Long.MAX_VALUE, 0)));
        }
        channel.ifPresent(to -> {
            stores.add(new GrpcModelStore(POSTGRES, to));
            if (folders.isEmpty()) {
                stores.add(new GrpcModelStore(FILE, to));
            }
        });
        return new ModelStores(stores);
    }

    void stop(@Observes ShutdownEvent event) {
        channel.ifPresent(ManagedChannel::shutdownNow);
    }
}
