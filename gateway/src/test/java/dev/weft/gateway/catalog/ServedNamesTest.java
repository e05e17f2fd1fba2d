package dev.weft.gateway.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.NotFound;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ServedNamesTest {

    private static final List<ModelVersion> THREE = List.of(version(1, null), version(2, null), version(3, null));

    @Test
    void bareNameIsTheHighestVersion() {
        assertThat(names(THREE, Map.of()).resolve("", null).key()).isEqualTo("intents:3");
    }

    @Test
    void bareNameIsStableWhereThereIsOne() {
        assertThat(names(THREE, Map.of("stable", Split.all(2)))
                        .resolve("", null)
                        .key())
                .isEqualTo("intents:2");
    }

    @Test
    void latestMovesPastArchivedVersions() {
        List<ModelVersion> versions = List.of(version(1, null), version(2, "2026-01-01T00:00:00Z"));

        assertThat(names(versions, Map.of()).resolve("latest", null).version()).isEqualTo("1");
    }

    @Test
    void versionAndAliasAreNamed() {
        ServedNames names = names(THREE, Map.of("canary", Split.all(1)));

        assertThat(names.resolve("2", null).key()).isEqualTo("intents:2");
        assertThat(names.resolve("canary", null).key()).isEqualTo("intents:1");
    }

    @Test
    void unknownVersionTellsTheKnownOnes() {
        assertThatThrownBy(() -> names(THREE, Map.of()).resolve("7", null))
                .isInstanceOf(NotFound.class)
                .hasMessageContaining("[1, 2, 3], [latest]");
    }

    @Test
    void archivedVersionIsUnknown() {
        List<ModelVersion> versions = List.of(version(1, null), version(2, "2026-01-01T00:00:00Z"));

        assertThatThrownBy(() -> names(versions, Map.of()).resolve("2", null)).isInstanceOf(NotFound.class);
    }

    @Test
    void modelWithArchivedVersionsOnlyHasNothingToServe() {
        List<ModelVersion> versions = List.of(version(1, "2026-01-01T00:00:00Z"));

        assertThatThrownBy(() -> names(versions, Map.of()).resolve("", null)).isInstanceOf(FailedPrecondition.class);
    }

    @Test
    void modelWithoutVersionsIsLeftToTheReplicas() {
        assertThat(names(List.of(), Map.of()).resolve("", null).version()).isEmpty();
        assertThat(names(List.of(), Map.of()).resolve("4", null).version()).isEqualTo("4");
    }

    @Test
    void stickyKeyAlwaysGetsTheSameVersion() {
        ServedNames names = names(THREE, Map.of("stable", List.of(new Split(1, 50), new Split(2, 50))));

        List<String> answers = IntStream.range(0, 100)
                .mapToObj(_ -> names.resolve("", "customer-42").version())
                .distinct()
                .toList();

        assertThat(answers).hasSize(1);
    }

    @Test
    void splitIsKeptOverManyKeys() {
        ServedNames names = names(THREE, Map.of("stable", List.of(new Split(1, 90), new Split(2, 10))));

        long canary = IntStream.range(0, 10_000)
                .filter(key -> names.resolve("", "customer-" + key).version().equals("2"))
                .count();

        assertThat(canary).isBetween(900L, 1_100L);
    }

    @Test
    void growingACanaryMovesOnlyKeysThatJoinIt() {
        ServedNames before = names(THREE, Map.of("stable", List.of(new Split(1, 90), new Split(2, 10))));
        ServedNames after = names(THREE, Map.of("stable", List.of(new Split(1, 70), new Split(2, 30))));

        long left = IntStream.range(0, 10_000)
                .filter(key -> before.resolve("", "customer-" + key).version().equals("2")
                        && after.resolve("", "customer-" + key).version().equals("1"))
                .count();

        assertThat(left).isZero();
    }

    @Test
    void splitsMustMakeAWhole() {
        assertThatThrownBy(() -> Split.requireWhole(List.of(new Split(1, 90), new Split(2, 20))))
                .isInstanceOf(InvalidArgument.class)
                .hasMessage("splits: 2 with 110 percent together (expected: 1 to 10 with 100 percent together)");
        assertThatThrownBy(() -> Split.requireWhole(List.of(new Split(1, 50), new Split(1, 50))))
                .hasMessageContaining("version 1 twice");
    }

    private static ServedNames names(List<ModelVersion> versions, Map<String, List<Split>> aliases) {
        return new ServedNames(new CatalogModel(
                "intents",
                "",
                1,
                "2026-01-01T00:00:00Z",
                "somebody",
                null,
                Serving.DEFAULT,
                new TreeMap<>(aliases),
                versions));
    }

    private static ModelVersion version(long number, @Nullable String archivedAt) {
        return new ModelVersion(
                number,
                "",
                "",
                0,
                "text-classification",
                Map.of(),
                Map.of(),
                "2026-01-01T00:00:00Z",
                "somebody",
                archivedAt);
    }
}
