package dev.weft.gateway.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.gateway.catalog.CatalogFixtures.InMemorySource;
import dev.weft.kit.error.Failure.NotFound;
import org.junit.jupiter.api.Test;

class CatalogViewTest {

    private final InMemorySource source = new InMemorySource();
    private final CatalogView view = new CatalogView(source);

    @Test
    void nameThatIsInNoCatalogIsLeftToTheReplicas() {
        assertThat(view.resolve("minilm", "", null)).isEqualTo(ResolvedModel.unknown("minilm"));
        assertThat(view.resolve("minilm@2", "", null).version()).isEqualTo("2");
        assertThat(view.resolve("minilm@latest", "", null).version()).isEmpty();
        assertThat(view.resolve("minilm", "7", null).version()).isEqualTo("7");
    }

    @Test
    void nameThatCouldForgeAHeaderStandsForItself() {
        assertThat(view.resolve("a\r\nx: y@1", "", null).name()).isEqualTo("a\r\nx: y@1");
        assertThat(view.resolve("a=b@1", "", null).name()).isEqualTo("a=b@1");
    }

    @Test
    void allPagesAreRead() {
        CatalogView large = CatalogFixtures.view(2_345);

        assertThat(large.resolve(CatalogFixtures.name(0), "", null).version()).isEqualTo("1");
        assertThat(large.resolve(CatalogFixtures.name(2_344), "", null).version())
                .isEqualTo("1");
    }

    @Test
    void changeIsTakenOver() {
        source.put(CatalogFixtures.model("intents", 1, null));
        view.resynchronise();
        long before = view.generation();
        source.put(CatalogFixtures.model("intents", 2, null));

        view.changed("intents");

        assertThat(view.resolve("intents", "", null).key()).isEqualTo("intents:2");
        assertThat(view.ofKey("intents:2")).isNotNull();
        assertThat(view.generation()).isGreaterThan(before);
    }

    @Test
    void modelThatIsGoneIsForgotten() {
        source.put(CatalogFixtures.model("intents", 1, null));
        view.resynchronise();
        source.remove("intents");

        view.resynchronise();

        assertThat(view.resolve("intents", "", null).version()).isEmpty();
        assertThat(view.ofKey("intents:1")).isNull();
    }

    @Test
    void archivedModelIsKnownAndNotServed() {
        source.put(CatalogFixtures.model("intents", 1, "2026-02-01T00:00:00Z"));

        view.resynchronise();

        assertThatThrownBy(() -> view.resolve("intents", "", null))
                .isInstanceOf(NotFound.class)
                .hasMessageContaining("archived");
        assertThat(view.targets("intents")).isEmpty();
    }
}
