package dev.weft.gateway.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.gateway.routing.Choice.AfterLoad;
import dev.weft.gateway.routing.Choice.Now;
import dev.weft.gateway.routing.Placement.Visit;
import dev.weft.gateway.routing.Placement.Wanted;
import dev.weft.gateway.routing.ReplicaStatus.State;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * 200 replicas and 5000 models in simulated time, so that the figures, which docs/placement.md quotes, are the same on every machine. A
 * replica computes two requests at a time, 5 ms each; a load takes a second; requests come by a Poisson process for models by Zipf's law.
 */
class PlacementSimulationTest {

    private static final int REPLICAS = 200;
    private static final int MODELS = 5_000;
    private static final int SESSIONS = 2;
    private static final double SERVICE_SECONDS = 0.005;
    private static final double LOAD_SECONDS = 1;

    /** 30 % of what all replicas can compute. */
    private static final double RATE = 0.3 * REPLICAS * SESSIONS / SERVICE_SECONDS;

    private final Random random = new Random(7);
    private final Placement placement = new Placement(FixedRules.none());
    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final Map<Replica, Server> servers = new HashMap<>();
    private final double[] popularity = popularity();
    private final List<Double> waits = new ArrayList<>();
    private double now;
    private boolean recording;
    private int loads;
    private int nowhere;

    private record Event(double at, Runnable work) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            return Double.compare(at, other.at);
        }
    }

    private static double[] popularity() {
        double[] cumulative = new double[MODELS];
        double sum = 0;
        for (int i = 0; i < MODELS; i++) {
            sum += 1.0 / (i + 1);
            cumulative[i] = sum;
        }
        for (int i = 0; i < MODELS; i++) {
            cumulative[i] /= sum;
        }
        return cumulative;
    }

    private String model() {
        int found = Arrays.binarySearch(popularity, random.nextDouble());
        return "model-" + (found < 0 ? Math.min(-found - 1, MODELS - 1) : found);
    }

    /** A replica: what it has, and who waits for it. */
    private final class Server {
        private final Replica replica;
        private final Map<String, ReplicaStatus.Model> models = new HashMap<>();
        private final Queue<Runnable> queue = new ArrayDeque<>();
        private final Map<String, List<Runnable>> loading = new HashMap<>();
        private int busy;
        private int served;

        private Server(Replica replica) {
            this.replica = replica;
            for (int i = 0; i < MODELS; i++) {
                models.put("model-" + i, new ReplicaStatus.Model(State.AVAILABLE, "", 0, 0));
            }
            tell();
        }

        private void tell() {
            replica.told(new ReplicaStatus(replica.id(), "cpu", true, false, 0, 0, models));
        }

        private void load(String model, Runnable then) {
            if (replica.stateOf(model) == State.READY) {
                then.run();
                return;
            }
            List<Runnable> waiting = loading.get(model);
            if (waiting == null) {
                waiting = new ArrayList<>();
                loading.put(model, waiting);
                loads++;
                at(now + LOAD_SECONDS, () -> loaded(model));
            }
            waiting.add(then);
        }

        private void loaded(String model) {
            models.put(model, new ReplicaStatus.Model(State.READY, "", 1, 0));
            tell();
            List<Runnable> waiting = loading.remove(model);
            if (waiting != null) {
                waiting.forEach(Runnable::run);
            }
        }

        private void serve(String model, double arrived) {
            Visit visit = placement.visit(model, replica);
            queue.add(() -> {
                if (recording) {
                    waits.add(now - arrived);
                }
                served += recording ? 1 : 0;
                at(now + SERVICE_SECONDS, () -> {
                    visit.end();
                    busy--;
                    next();
                });
            });
            next();
        }

        private void next() {
            while (busy < SESSIONS) {
                Runnable request = queue.poll();
                if (request == null) {
                    return;
                }
                busy++;
                request.run();
            }
        }

        private long ready() {
            return models.values().stream()
                    .filter(model -> model.state() == State.READY)
                    .count();
        }
    }

    private void at(double when, Runnable work) {
        events.add(new Event(when, work));
    }

    private Server server(Replica replica) {
        return servers.computeIfAbsent(replica, Server::new);
    }

    private void arrive() {
        at(now - Math.log(1 - random.nextDouble()) / RATE, this::arrive);
        String model = model();
        double arrived = now;
        switch (placement.choose(model, List.of())) {
            case Now(Replica replica) -> server(replica).serve(model, arrived);
            case AfterLoad(Replica replica) ->
                server(replica).load(model, () -> server(replica).serve(model, arrived));
            case Choice.Crowded _, Choice.Nowhere _ -> nowhere++;
        }
    }

    private void look() {
        at(now + 1, this::look);
        for (Wanted wanted : placement.look()) {
            server(wanted.replica()).load(wanted.model(), () -> {});
        }
    }

    private void runUntil(double end) {
        while (events.peek() != null && events.peek().at() < end) {
            Event event = events.remove();
            now = event.at();
            event.work().run();
        }
        now = end;
    }

    private double wait(double quantile) {
        List<Double> sorted = waits.stream().sorted().toList();
        return 1_000 * sorted.get((int) Math.min(sorted.size() - 1, quantile * sorted.size()));
    }

    private void report(long mostModels, double meanModels, int loadsAtFirst) {
        double mean = waits.size() / (double) REPLICAS;
        int busiest = servers.values().stream()
                .mapToInt(server -> server.served)
                .max()
                .orElseThrow();
        System.out.printf(
                "placement: %d replicas, %d models, %d requests in 10 s; wait p50 %.2f ms, p99 %.2f ms, p99.9 %.2f ms; "
                        + "busiest replica %.2f of the mean; models per replica %.1f, at most %d; copies of the three "
                        + "most wanted %d, %d, %d, of the hundredth %d; loads %d%n",
                REPLICAS,
                MODELS,
                waits.size(),
                wait(0.5),
                wait(0.99),
                wait(0.999),
                busiest / mean,
                meanModels,
                mostModels,
                placement.copies("model-0"),
                placement.copies("model-1"),
                placement.copies("model-2"),
                placement.copies("model-99"),
                loadsAtFirst);
    }

    @Test
    void hotModelsGetCopiesAndADeathMovesOnlyWhatItMust() {
        List<Replica> all = IntStream.range(0, REPLICAS)
                .mapToObj(i -> new Replica("10.0." + i / 100 + "." + i % 100 + ":8081", "cpu"))
                .toList();
        all.forEach(this::server);
        placement.members(all);
        arrive();
        look();

        runUntil(40);
        int loadsAtFirst = loads;
        recording = true;
        runUntil(50);
        recording = false;

        long mostModels =
                servers.values().stream().mapToLong(Server::ready).max().orElseThrow();
        double meanModels =
                servers.values().stream().mapToLong(Server::ready).average().orElseThrow();
        report(mostModels, meanModels, loadsAtFirst);
        assertThat(nowhere).isZero();
        assertThat(wait(0.99)).as("ms; a request computes for 5").isLessThan(10);
        assertThat(placement.copies("model-0")).isBetween(8, 40);
        assertThat(placement.copies("model-99")).isEqualTo(1);
        assertThat(mostModels).isLessThan((long) (2 * meanModels));

        Replica dead = all.get(17);
        long had = server(dead).ready();
        int before = loads;
        dead.silent("does not answer");
        placement.members(all.stream().filter(replica -> replica != dead).toList());
        runUntil(60);
        int moved = loads - before;
        System.out.printf("placement: a replica with %d models died; %d loads in the 10 s after it%n", had, moved);
        assertThat(nowhere).isZero();
        assertThat(moved).isLessThan((int) (1.5 * had + 20));
    }
}
