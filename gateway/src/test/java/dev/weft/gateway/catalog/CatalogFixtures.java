package dev.weft.gateway.catalog;

import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.LongStream;

/** Catalogs that need no database. */
public final class CatalogFixtures {

    private static final String DAY = "2026-01-01T00:00:00Z";

    private CatalogFixtures() {}

    /** The name of one of a view's models. */
    public static String name(int number) {
        return "intents-" + number;
    }

    /** A view of so many models, each with one version. */
    public static CatalogView view(int models) {
        InMemorySource source = new InMemorySource();
        for (int i = 0; i < models; i++) {
            source.put(model(name(i), 1, null));
        }
        CatalogView view = new CatalogView(source);
        view.resynchronise();
        return view;
    }

    /** A model with the versions from 1 to that. */
    static CatalogModel model(String name, int versions, @org.jspecify.annotations.Nullable String archivedAt) {
        return new CatalogModel(
                name,
                "",
                1,
                DAY,
                "somebody",
                archivedAt,
                Serving.DEFAULT,
                new TreeMap<>(),
                LongStream.rangeClosed(1, versions)
                        .mapToObj(number ->
                                new ModelVersion(number, "", "", 0, "", Map.of(), Map.of(), DAY, "somebody", null))
                        .toList());
    }

    /** What a test puts there. */
    static final class InMemorySource implements CatalogView.Source {

        private final NavigableMap<String, CatalogModel> models = new ConcurrentSkipListMap<>();

        void put(CatalogModel model) {
            models.put(model.name(), model);
        }

        void remove(String name) {
            models.remove(name);
        }

        @Override
        public Optional<CatalogModel> find(String name) {
            return Optional.ofNullable(models.get(name));
        }

        @Override
        public List<CatalogModel> list(String after, boolean archivedToo, int limit) {
            return models.tailMap(after, false).values().stream()
                    .filter(model -> archivedToo || !model.isArchived())
                    .limit(limit)
                    .toList();
        }
    }
}
