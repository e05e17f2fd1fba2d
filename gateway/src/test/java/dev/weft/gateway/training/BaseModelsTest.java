package dev.weft.gateway.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.gateway.catalog.CatalogFixtures;
import dev.weft.gateway.routing.FixedRules;
import dev.weft.gateway.routing.Placement;
import dev.weft.gateway.routing.Replica;
import dev.weft.gateway.routing.ReplicaStatus;
import dev.weft.kit.error.Failure.NotFound;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BaseModelsTest {

    private static final ReplicaStatus.Model AVAILABLE =
            new ReplicaStatus.Model(ReplicaStatus.State.AVAILABLE, "", 0, 0);

    private final Placement placement = new Placement(FixedRules.none());
    private final BaseModels models = new BaseModels(CatalogFixtures.view(1), placement);

    private static Replica replica(String id, String instance, boolean ready) {
        Replica replica = new Replica(id, "default");
        replica.told(new ReplicaStatus(
                instance, "cpu", ready, false, 0, 0, Map.of("minilm:1", AVAILABLE, "minilm", AVAILABLE)));
        return replica;
    }

    @ParameterizedTest
    @ValueSource(strings = {"minilm", "minilm@1", "minilm@latest", "intents-0", "intents-0@1"})
    void modelOfAReplicaOrOfTheCatalogIsKnown(String model) {
        placement.members(List.of(replica("a:1", "one", true)));

        assertThatCode(() -> models.require(model)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"nope", "minilm@2", "intents-0@2", "intents-1", "minilm:1"})
    void modelThatNobodyHasIsNotFound(String model) {
        placement.members(List.of(replica("a:1", "one", true), replica("b:1", "two", true)));

        assertThatThrownBy(() -> models.require(model))
                .isInstanceOfSatisfying(
                        NotFound.class, missing -> assertThat(missing.field()).isEqualTo("model"));
    }

    @Test
    void modelIsNotRefusedWhileAReplicaDoesNotTell() {
        Replica silent = replica("b:1", "two", true);
        silent.silent("does not answer");
        Replica telling = replica("a:1", "one", true);

        for (List<Replica> replicas : List.of(
                List.<Replica>of(),
                List.of(new Replica("a:1", "default")),
                List.of(telling, silent),
                List.of(telling, replica("b:1", "two", false)),
                List.of(telling, replica("b:1", "", true)))) {
            placement.members(replicas);

            assertThatCode(() -> models.require("nope")).as(replicas.toString()).doesNotThrowAnyException();
        }
    }
}
