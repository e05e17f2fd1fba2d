package dev.weft.gateway.catalog;

import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.NotFound;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** What the versions and aliases of one model stand for, made once for each of its revisions. Immutable. */
final class ServedNames {

    private static final int WHOLE = 100;

    private final CatalogModel model;
    private final ResolvedModel withoutVersion;
    private final Map<String, ResolvedModel> versions = new HashMap<>();
    private final Map<String, Choice> aliases = new HashMap<>();

    /** What the bare name stands for; null when there is no version to serve. */
    private final @Nullable Choice bare;

    /** Versions and the percent up to which each is taken. */
    private record Choice(ResolvedModel[] targets, int[] upTo) {

        private ResolvedModel pick(String name, @Nullable String stickyKey) {
            if (targets.length == 1) {
                return targets[0];
            }
            int percent = stickyKey == null ? ThreadLocalRandom.current().nextInt(WHOLE) : bucket(name, stickyKey);
            for (int i = 0; i < targets.length; i++) {
                if (percent < upTo[i]) {
                    return targets[i];
                }
            }
            return targets[targets.length - 1];
        }
    }

    ServedNames(CatalogModel model) {
        this.model = model;
        this.withoutVersion = new ResolvedModel(model.name(), "", model.name(), "", "", model.serving());
        for (ModelVersion version : model.versions()) {
            if (!version.isArchived()) {
                versions.put(Long.toString(version.number()), ResolvedModel.of(model, version));
            }
        }
        model.aliases().forEach((alias, splits) -> aliases.put(alias, choice(splits)));
        model.latest().ifPresent(latest -> aliases.put(ModelNames.LATEST, choice(Split.all(latest.number()))));
        Choice stable = aliases.get(ModelNames.STABLE);
        this.bare = stable != null ? stable : aliases.get(ModelNames.LATEST);
    }

    /** In the order of versions, so that moving percents from one to the next moves as few sticky keys as can be. */
    private Choice choice(List<Split> splits) {
        List<ResolvedModel> targets = new ArrayList<>();
        int[] upTo = new int[splits.size()];
        int sum = 0;
        for (Split split : splits) {
            sum += split.percent();
            upTo[targets.size()] = sum;
            targets.add(versions.get(Long.toString(split.version())));
        }
        return new Choice(targets.toArray(ResolvedModel[]::new), upTo);
    }

    /** The same on every gateway, today and tomorrow. */
    private static int bucket(String name, String stickyKey) {
        CRC32C hash = new CRC32C();
        hash.update((name + '\n' + stickyKey).getBytes(StandardCharsets.UTF_8));
        return (int) (hash.getValue() % WHOLE);
    }

    /** The model as it was read. */
    CatalogModel model() {
        return model;
    }

    /** How requests for it are served when no version is named. */
    ResolvedModel withoutVersion() {
        return withoutVersion;
    }

    /** All versions that can be served. */
    Iterable<ResolvedModel> all() {
        return versions.values();
    }

    /** What the bare name may stand for. */
    List<ResolvedModel> bareTargets() {
        return bare == null ? List.of() : List.of(bare.targets());
    }

    /**
     * What answers.
     *
     * @param version a number or an alias; empty for what the bare name stands for
     * @throws NotFound when there is no such version or alias, or the model is archived
     */
    ResolvedModel resolve(String version, @Nullable String stickyKey) {
        if (model.isArchived()) {
            throw new NotFound("model '" + model.name() + "' is archived");
        }
        if (model.versions().isEmpty()) {
            // The catalog says how it is served, and the replicas which versions there are.
            return version.isEmpty() || version.equals(ModelNames.LATEST)
                    ? withoutVersion
                    : new ResolvedModel(model.name(), version, model.name(), "", "", model.serving());
        }
        if (version.isEmpty()) {
            if (bare == null) {
                throw new FailedPrecondition("model '" + model.name() + "' has no version that is not archived");
            }
            return bare.pick(model.name(), stickyKey);
        }
        ResolvedModel byNumber = versions.get(version);
        if (byNumber != null) {
            return byNumber;
        }
        Choice alias = aliases.get(version);
        if (alias == null) {
            throw new NotFound("model '" + model.name() + "' has no version or alias '" + version + "' (known: "
                    + versions.keySet().stream().sorted().toList() + ", "
                    + aliases.keySet().stream().sorted().toList() + ")");
        }
        return alias.pick(model.name(), stickyKey);
    }
}
