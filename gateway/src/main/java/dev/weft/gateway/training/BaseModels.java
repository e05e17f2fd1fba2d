package dev.weft.gateway.training;

import dev.weft.gateway.catalog.CatalogView;
import dev.weft.gateway.catalog.ResolvedModel;
import dev.weft.gateway.routing.Placement;
import dev.weft.gateway.routing.Replica;
import dev.weft.kit.error.Failure.NotFound;
import jakarta.inject.Singleton;
import java.util.List;

/** The models that can be tuned: those of the catalog, and those that replicas have, by what each told about a second ago. Thread-safe. */
@Singleton
final class BaseModels {

    private static final String FIELD = "model";

    /** Parts name and version in keys, and is in no name. */
    private static final String VERSION = ":";

    private final CatalogView catalog;
    private final Placement placement;

    BaseModels(CatalogView catalog, Placement placement) {
        this.catalog = catalog;
        this.placement = placement;
    }

    /**
     * Refuses a model that there is not. None is refused while a replica does not tell what it has: the job will find out.
     *
     * @param model {@code name}, {@code name@version} or {@code name@alias}
     * @throws NotFound when neither the catalog nor any replica has it, or it is archived
     */
    void require(String model) {
        if (!isKnown(resolve(model))) {
            throw NotFound.of(
                    FIELD, "model: '" + model + "' is unknown (expected: one that the catalog or a replica has)");
        }
    }

    private boolean isKnown(ResolvedModel model) {
        if (model.name().contains(VERSION)) {
            return false;
        }
        List<Replica> replicas = placement.members();
        String key = model.version().isEmpty() ? model.name() : model.name() + VERSION + model.version();
        return catalog.ofKey(model.key()) != null
                || replicas.isEmpty()
                || replicas.stream()
                        .anyMatch(replica ->
                                !tells(replica) || replica.status().models().containsKey(key));
    }

    private ResolvedModel resolve(String model) {
        try {
            return catalog.resolve(model, "", null);
        } catch (NotFound e) {
            throw NotFound.of(FIELD, e.getMessage());
        }
    }

    /** Other servers of the protocol than Weft's have no instance, and do not tell their models. */
    private static boolean tells(Replica replica) {
        return replica.trouble().isEmpty() && !replica.status().instance().isEmpty();
    }
}
