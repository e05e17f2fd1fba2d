package dev.weft.gateway.admin;

import dev.weft.gateway.admin.ModelAnswers.OneModel;
import dev.weft.gateway.admin.ModelAnswers.Place;
import dev.weft.gateway.admin.ModelAnswers.UnregisteredModel;
import dev.weft.gateway.catalog.CatalogModel;
import dev.weft.gateway.catalog.CatalogView;
import dev.weft.gateway.routing.Placement;
import dev.weft.gateway.routing.Replica;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Which models the replicas have, by what each told about a second ago. */
@Singleton
final class ModelPlaces {

    private final Placement placement;
    private final CatalogView view;

    ModelPlaces(Placement placement, CatalogView view) {
        this.placement = placement;
        this.view = view;
    }

    OneModel describe(CatalogModel model) {
        return new OneModel(model, places().getOrDefault(model.name(), List.of()));
    }

    /**
     * The models that are in no catalog.
     *
     * @param after those whose names come after this one
     * @param upTo and not after this one; null for no bound
     */
    List<UnregisteredModel> notInCatalog(String after, @Nullable String upTo) {
        return places().entrySet().stream()
                .filter(entry -> entry.getKey().compareTo(after) > 0
                        && (upTo == null || entry.getKey().compareTo(upTo) <= 0)
                        && view.model(entry.getKey()).isEmpty())
                .map(entry -> new UnregisteredModel(entry.getKey(), entry.getValue()))
                .toList();
    }

    /** By name, in the order of names; a status has an entry for the name alone, and one for each version. */
    private Map<String, List<Place>> places() {
        Map<String, List<Place>> places = new TreeMap<>();
        for (Replica replica : placement.members()) {
            replica.status().models().forEach((key, told) -> {
                int colon = key.indexOf(':');
                if (colon > 0) {
                    places.computeIfAbsent(key.substring(0, colon), _ -> new ArrayList<>())
                            .add(new Place(
                                    replica.id(),
                                    key.substring(colon + 1),
                                    told.state().name().toLowerCase(Locale.ROOT),
                                    told.reason()));
                }
            });
        }
        places.values()
                .forEach(of -> of.sort(Comparator.comparing(Place::replica).thenComparing(Place::version)));
        return places;
    }
}
