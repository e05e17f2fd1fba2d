package dev.weft.training.publish.upstream;

import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.NotFound;
import dev.weft.kit.error.GrpcFailures;
import dev.weft.kit.identity.ServiceIdentity;
import dev.weft.kit.time.Deadline;
import dev.weft.kit.tls.ServiceChannels;
import dev.weft.protocol.catalog.v1.Alias;
import dev.weft.protocol.catalog.v1.GetModelRequest;
import dev.weft.protocol.catalog.v1.Model;
import dev.weft.protocol.catalog.v1.ModelCatalogGrpc;
import dev.weft.protocol.catalog.v1.RegisterVersionRequest;
import dev.weft.protocol.catalog.v1.SetAliasRequest;
import dev.weft.protocol.catalog.v1.Split;
import dev.weft.protocol.catalog.v1.Version;
import dev.weft.store.Published;
import dev.weft.training.publish.ModelCatalog;
import dev.weft.training.publish.PublishConfig;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The gateway's catalog. It connects when it is first needed. Thread-safe. */
@Singleton
final class GrpcModelCatalog implements ModelCatalog {

    private static final Duration CALL = Duration.ofSeconds(10);
    private static final int ALL_PERCENT = 100;
    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

    private final PublishConfig config;
    private final Supplier<@Nullable String> identity;
    private final Function<String, ManagedChannelBuilder<?>> channels;
    private @Nullable ManagedChannel channel;

    @Inject
    GrpcModelCatalog(PublishConfig config, ServiceIdentity identity, ServiceChannels channels) {
        this(config, identity::authorization, channels::to);
    }

    /** With what this service shows to others, which a token of the configuration goes before. */
    GrpcModelCatalog(
            PublishConfig config,
            Supplier<@Nullable String> identity,
            Function<String, ManagedChannelBuilder<?>> channels) {
        this.config = config;
        this.identity = identity;
        this.channels = channels;
    }

    private synchronized ManagedChannel channel() {
        if (channel == null) {
            String target = config.catalogTarget()
                    .orElseThrow(() -> new FailedPrecondition("weft.training.publish.catalog-target: not set"));
            channel = channels.apply(target).build();
        }
        return channel;
    }

    @PreDestroy
    synchronized void close() {
        if (channel != null) {
            channel.shutdownNow();
        }
    }

    private <T> T call(Deadline deadline, Function<ModelCatalogGrpc.ModelCatalogBlockingStub, T> call) {
        Metadata headers = new Metadata();
        String authorization =
                config.catalogToken().map(token -> "Bearer " + token.value()).orElseGet(identity);
        if (authorization != null) {
            headers.put(AUTHORIZATION, authorization);
        }
        Duration timeout = deadline.earlier(Deadline.after(CALL)).remaining();
        try {
            return call.apply(ModelCatalogGrpc.newBlockingStub(channel())
                    .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                    .withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS));
        } catch (StatusRuntimeException e) {
            throw GrpcFailures.toFailure(e);
        }
    }

    @Override
    public long register(
            String model,
            Published stored,
            Map<String, Double> metrics,
            Map<String, String> labels,
            Deadline deadline) {
        RegisterVersionRequest request = RegisterVersionRequest.newBuilder()
                .setModel(model)
                .setSourceUri(stored.uri().toString())
                .setManifestSha256(stored.manifest().digest())
                .setSizeBytes(stored.manifest().totalBytes())
                .putAllMetrics(metrics)
                .putAllLabels(labels)
                .build();
        return call(deadline, stub -> stub.registerVersion(request))
                .getVersion()
                .getNumber();
    }

    @Override
    public Optional<Current> current(String model, String alias, Deadline deadline) {
        GetModelRequest request = GetModelRequest.newBuilder().setName(model).build();
        Model found;
        try {
            found = call(deadline, stub -> stub.getModel(request)).getModel();
        } catch (NotFound _) {
            return Optional.empty();
        }
        for (Alias one : found.getAliasesList()) {
            if (one.getName().equals(alias) && one.getSplitsCount() == 1) {
                return found.getVersionsList().stream()
                        .filter(version ->
                                version.getNumber() == one.getSplits(0).getVersion())
                        .findFirst()
                        .map(version -> current(found, version));
            }
        }
        return Optional.empty();
    }

    private static Current current(Model model, Version version) {
        return new Current(version.getNumber(), model.getRevision(), version.getMetricsMap());
    }

    @Override
    public void promote(String model, String alias, long version, long revision, Deadline deadline) {
        SetAliasRequest request = SetAliasRequest.newBuilder()
                .setModel(model)
                .setExpectedRevision(revision)
                .setAlias(alias)
                .addSplits(Split.newBuilder().setVersion(version).setPercent(ALL_PERCENT))
                .build();
        call(deadline, stub -> stub.setAlias(request));
    }
}
