package dev.weft.gateway.catalog.rpc;

import com.google.protobuf.Timestamp;
import dev.weft.gateway.catalog.CatalogModel;
import dev.weft.gateway.catalog.ModelVersion;
import dev.weft.gateway.catalog.NewVersion;
import dev.weft.gateway.catalog.Serving;
import dev.weft.gateway.catalog.Shadow;
import dev.weft.gateway.catalog.Split;
import dev.weft.protocol.catalog.v1.Alias;
import dev.weft.protocol.catalog.v1.Model;
import dev.weft.protocol.catalog.v1.RegisterVersionRequest;
import dev.weft.protocol.catalog.v1.Version;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Between the catalog's own records and the messages of its protocol. */
final class CatalogMessages {

    private CatalogMessages() {}

    static Model model(CatalogModel model) {
        Model.Builder message = Model.newBuilder()
                .setName(model.name())
                .setDescription(model.description())
                .setRevision(model.revision())
                .setCreatedAt(timestamp(model.createdAt()))
                .setCreatedBy(model.createdBy())
                .setServing(serving(model.serving()));
        if (model.archivedAt() != null) {
            message.setArchivedAt(timestamp(model.archivedAt()));
        }
        model.aliases()
                .forEach((name, splits) -> message.addAliases(Alias.newBuilder()
                        .setName(name)
                        .addAllSplits(
                                splits.stream().map(CatalogMessages::split).toList())));
        model.versions().forEach(version -> message.addVersions(version(version)));
        return message.build();
    }

    static Version version(ModelVersion version) {
        Version.Builder message = Version.newBuilder()
                .setNumber(version.number())
                .setSourceUri(version.sourceUri())
                .setManifestSha256(version.manifestSha256())
                .setSizeBytes(version.sizeBytes())
                .setTask(version.task())
                .putAllMetrics(version.metrics())
                .putAllLabels(version.labels())
                .setCreatedAt(timestamp(version.createdAt()))
                .setCreatedBy(version.createdBy());
        if (version.archivedAt() != null) {
            message.setArchivedAt(timestamp(version.archivedAt()));
        }
        return message.build();
    }

    static NewVersion newVersion(RegisterVersionRequest request) {
        return new NewVersion(
                request.getNumber(),
                request.getSourceUri(),
                request.getManifestSha256(),
                request.getSizeBytes(),
                request.getTask(),
                request.getMetricsMap(),
                request.getLabelsMap(),
                request.getAlias());
    }

    static List<Split> splits(List<dev.weft.protocol.catalog.v1.Split> splits) {
        return splits.stream()
                .map(split -> new Split(split.getVersion(), split.getPercent()))
                .toList();
    }

    static Serving serving(dev.weft.protocol.catalog.v1.Serving serving) {
        return new Serving(
                serving.getPoolsList(),
                serving.getPinned(),
                serving.getCopies(),
                serving.getFallbacksList(),
                serving.getAttemptTimeoutMs(),
                serving.getMaxConcurrent(),
                shadow(serving.getShadow()));
    }

    private static @Nullable Shadow shadow(dev.weft.protocol.catalog.v1.Shadow shadow) {
        return shadow.getModel().isEmpty() ? null : new Shadow(shadow.getModel(), shadow.getPercent());
    }

    private static dev.weft.protocol.catalog.v1.Serving serving(Serving serving) {
        var message = dev.weft.protocol.catalog.v1.Serving.newBuilder()
                .addAllPools(serving.pools())
                .setPinned(serving.pinned())
                .setCopies(serving.copies())
                .addAllFallbacks(serving.fallbacks())
                .setAttemptTimeoutMs(serving.attemptTimeoutMs())
                .setMaxConcurrent(serving.maxConcurrent());
        Shadow shadow = serving.shadow();
        if (shadow != null) {
            message.setShadow(dev.weft.protocol.catalog.v1.Shadow.newBuilder()
                    .setModel(shadow.model())
                    .setPercent(shadow.percent()));
        }
        return message.build();
    }

    private static dev.weft.protocol.catalog.v1.Split split(Split split) {
        return dev.weft.protocol.catalog.v1.Split.newBuilder()
                .setVersion(split.version())
                .setPercent(split.percent())
                .build();
    }

    private static Timestamp timestamp(String iso) {
        Instant at = Instant.parse(iso);
        return Timestamp.newBuilder()
                .setSeconds(at.getEpochSecond())
                .setNanos(at.getNano())
                .build();
    }
}
