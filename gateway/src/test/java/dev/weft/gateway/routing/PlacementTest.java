package dev.weft.gateway.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.gateway.routing.Choice.AfterLoad;
import dev.weft.gateway.routing.Choice.Now;
import dev.weft.gateway.routing.Choice.Nowhere;
import dev.weft.gateway.routing.Placement.Visit;
import dev.weft.gateway.routing.Placement.Wanted;
import dev.weft.gateway.routing.ReplicaStatus.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PlacementTest {

    private final Placement placement = new Placement(FixedRules.none());

    private static List<Replica> replicas(int count, String pool) {
        return IntStream.range(0, count)
                .mapToObj(i -> new Replica("10.0." + i / 250 + "." + i % 250 + ":8081", pool))
                .toList();
    }

    private static void tell(Replica replica, State state, String... models) {
        Map<String, ReplicaStatus.Model> on = new HashMap<>();
        for (String model : models) {
            on.put(model, new ReplicaStatus.Model(state, "", 1, 0));
        }
        replica.told(new ReplicaStatus("i", "cpu", true, false, 0, 0, on));
    }

    private static Replica now(Choice choice) {
        assertThat(choice).isInstanceOf(Now.class);
        return ((Now) choice).replica();
    }

    @Test
    void oneModelStaysOnOneReplicaWhileThatIsNotBusy() {
        List<Replica> all = replicas(5, "cpu");
        all.forEach(replica -> tell(replica, State.READY, "a"));
        placement.members(all);

        Replica first = now(placement.choose("a", List.of()));
        for (int i = 0; i < 100; i++) {
            assertThat(now(placement.choose("a", List.of()))).isSameAs(first);
        }
    }

    @Test
    void busyReplicaShedsToTheNextThatHasTheModel() {
        List<Replica> all = replicas(3, "cpu");
        all.forEach(replica -> tell(replica, State.READY, "a"));
        placement.members(all);

        List<Visit> visits = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            visits.add(placement.visit("a", now(placement.choose("a", List.of()))));
        }

        assertThat(all).allSatisfy(replica -> assertThat(replica.outstanding()).isBetween(8, 12));
        visits.forEach(Visit::end);
        assertThat(all).allSatisfy(replica -> assertThat(replica.outstanding()).isZero());
    }

    @Test
    void modelThatIsNowhereLoadedIsLoadedWhereItBelongs() {
        List<Replica> all = replicas(5, "cpu");
        all.forEach(replica -> tell(replica, State.AVAILABLE, "a"));
        placement.members(all);

        Choice choice = placement.choose("a", List.of());

        assertThat(choice).isEqualTo(new AfterLoad(Rendezvous.order("a", all, List.of())[0]));
    }

    @Test
    void modelThatIsLoadedElsewhereServesFromThereUntilItIsLoadedWhereItBelongs() {
        List<Replica> all = replicas(5, "cpu");
        Replica[] order = Rendezvous.order("a", all, List.of());
        all.forEach(replica -> tell(replica, State.AVAILABLE, "a"));
        tell(order[3], State.READY, "a");
        placement.members(all);

        assertThat(now(placement.choose("a", List.of()))).isSameAs(order[3]);
        assertThat(placement.look()).containsExactly(new Wanted("a", order[0]));

        tell(order[0], State.READY, "a");
        assertThat(now(placement.choose("a", List.of()))).isSameAs(order[0]);
        assertThat(placement.look()).isEmpty();
    }

    @Test
    void modelThatSomebodyUnloadedStaysUnloaded() {
        List<Replica> all = replicas(1, "cpu");
        tell(all.getFirst(), State.UNLOADED, "a");
        placement.members(all);

        assertThat(now(placement.choose("a", List.of()))).as("which says why").isSameAs(all.getFirst());
        assertThat(placement.isHopeful("a")).isFalse();
        assertThat(placement.look()).isEmpty();
    }

    @Test
    void replicaThatFailedIsLeftOutAndTakenAgainOnlyForWantOfABetter() {
        List<Replica> all = replicas(3, "cpu");
        all.forEach(replica -> tell(replica, State.READY, "a"));
        placement.members(all);
        Replica first = now(placement.choose("a", List.of()));
        Replica second = now(placement.choose("a", List.of(first)));
        Replica third = now(placement.choose("a", List.of(first, second)));

        assertThat(List.of(first, second, third)).doesNotHaveDuplicates();
        assertThat(now(placement.choose("a", List.of(first, second, third)))).isNotNull();

        first.silent("does not answer");
        assertThat(now(placement.choose("a", List.of()))).isSameAs(second);
        all.forEach(replica -> replica.silent("does not answer"));
        assertThat(placement.choose("a", List.of()))
                .isInstanceOfSatisfying(
                        Nowhere.class, nowhere -> assertThat(nowhere.why()).contains("does not answer", first.id()));
    }

    @Test
    void crowdedReplicaGetsOnlyWhatWaits() {
        List<Replica> all = replicas(2, "cpu");
        all.forEach(replica -> tell(replica, State.READY, "a", "b"));
        placement.members(all);
        Replica first = now(placement.choose("a", List.of(), false));

        first.crowded("a", Duration.ofSeconds(1));
        Replica second = now(placement.choose("a", List.of(), false));
        assertThat(second).isNotSameAs(first);
        assertThat(now(placement.choose("a", List.of(), true))).isSameAs(first);

        second.crowded("a", Duration.ofMinutes(1));
        assertThat(placement.choose("a", List.of(), false))
                .isInstanceOfSatisfying(
                        Choice.Crowded.class,
                        crowded -> assertThat(crowded.retryAfter()).isPositive().isLessThan(Duration.ofSeconds(1)));
        assertThat(now(placement.choose("b", List.of(), false))).isNotNull();

        first.crowded("a", Duration.ZERO);
        assertThat(now(placement.choose("a", List.of(), false))).isSameAs(first);
    }

    @Test
    void replicaThatIsEndingGetsNothing() {
        List<Replica> all = replicas(2, "cpu");
        all.forEach(replica -> tell(replica, State.READY, "a"));
        placement.members(all);
        Replica first = now(placement.choose("a", List.of()));

        ReplicaStatus status = first.status();
        first.told(new ReplicaStatus("i", "cpu", false, true, 0, 0, status.models()));

        assertThat(now(placement.choose("a", List.of()))).isNotSameAs(first);
    }

    @Test
    void unknownModelsAndCallsWithoutOneGoToAnyReadyReplicaInTurn() {
        List<Replica> all = replicas(4, "cpu");
        all.subList(0, 3).forEach(replica -> tell(replica, State.READY, "a"));
        placement.members(all);

        Map<Replica, Integer> counts = new HashMap<>();
        for (int i = 0; i < 400; i++) {
            counts.merge(now(placement.choose(i % 2 == 0 ? "" : "nobody-knows", List.of())), 1, Integer::sum);
        }

        assertThat(counts).containsOnlyKeys(all.subList(0, 3));
        assertThat(counts.values()).allSatisfy(count -> assertThat(count).isBetween(90, 210));
    }

    @Test
    void pressedModelGetsACopyAndLosesItWhenItRests() {
        List<Replica> all = replicas(4, "cpu");
        all.forEach(replica -> tell(replica, State.AVAILABLE, "a"));
        Replica[] order = Rendezvous.order("a", all, List.of());
        tell(order[0], State.READY, "a");
        placement.members(all);

        List<Visit> visits = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            visits.add(placement.visit("a", now(placement.choose("a", List.of()))));
        }
        assertThat(placement.look()).isEmpty();
        assertThat(placement.look()).isEmpty();
        assertThat(placement.look()).containsExactly(new Wanted("a", order[1]));
        assertThat(placement.copies("a")).isEqualTo(2);

        tell(order[1], State.READY, "a");
        visits.forEach(Visit::end);
        for (int i = 0; i < 60; i++) {
            assertThat(placement.look()).isEmpty();
        }
        assertThat(placement.copies("a")).isEqualTo(1);
    }

    @Test
    void pinnedModelIsLoadedBeforeAnybodyAsks() {
        Placement pinning = new Placement(new FixedRules(Map.of(), List.of("a"), 2));
        List<Replica> all = replicas(4, "cpu");
        all.forEach(replica -> tell(replica, State.AVAILABLE, "a", "b"));
        pinning.members(all);
        Replica[] order = Rendezvous.order("a", all, List.of());

        assertThat(pinning.look()).containsExactlyInAnyOrder(new Wanted("a", order[0]), new Wanted("a", order[1]));
    }

    @Test
    void modelRunsInThePoolThatItWantsAndFallsToTheNext() {
        Placement pooled = new Placement(
                new FixedRules(Map.of("big", List.of("gpu", "cpu"), "only", List.of("gpu")), List.of(), 1));
        List<Replica> gpu = List.of(new Replica("10.1.0.1:8081", "gpu"));
        List<Replica> all = new ArrayList<>(replicas(4, "cpu"));
        all.addAll(gpu);
        all.forEach(replica -> tell(replica, State.READY, "big", "only", "small"));
        pooled.members(all);

        assertThat(now(pooled.choose("big", List.of())).pool()).isEqualTo("gpu");
        assertThat(now(pooled.choose("only", List.of())).pool()).isEqualTo("gpu");
        gpu.getFirst().silent("does not answer");
        assertThat(now(pooled.choose("big", List.of())).pool()).isEqualTo("cpu");
        assertThat(pooled.choose("only", List.of())).isInstanceOf(Nowhere.class);
    }

    @Test
    void everyGatewayFindsTheSameOrder() {
        List<Replica> here = replicas(50, "cpu");
        List<Replica> there = replicas(50, "cpu").reversed();

        for (int model = 0; model < 100; model++) {
            assertThat(ids(Rendezvous.order("model-" + model, there, List.of())))
                    .isEqualTo(ids(Rendezvous.order("model-" + model, here, List.of())));
        }
    }

    private static List<String> ids(Replica[] replicas) {
        return Arrays.stream(replicas).map(Replica::id).toList();
    }

    @Test
    void modelsSpreadEvenly() {
        List<Replica> all = replicas(20, "cpu");
        Map<Replica, Integer> counts = new HashMap<>();
        for (int model = 0; model < 20_000; model++) {
            counts.merge(Rendezvous.order("model-" + model, all, List.of())[0], 1, Integer::sum);
        }

        // 1000 expected, standard deviation 31: within four of them.
        assertThat(counts).hasSize(20);
        assertThat(counts.values()).allSatisfy(count -> assertThat(count).isBetween(875, 1_125));
    }

    @Test
    void replicaThatLeavesMovesOnlyItsOwnModels() {
        List<Replica> all = replicas(20, "cpu");
        List<Replica> fewer = all.subList(1, 20);
        int moved = 0;
        for (int model = 0; model < 5_000; model++) {
            Replica before = Rendezvous.order("model-" + model, all, List.of())[0];
            Replica after = Rendezvous.order("model-" + model, fewer, List.of())[0];
            if (before != after) {
                assertThat(before).isSameAs(all.getFirst());
                moved++;
            }
        }

        assertThat(moved).as("a twentieth of the models").isBetween(190, 310);
    }
}
