package dev.weft.gateway.routing;

import dev.weft.gateway.catalog.CatalogFixtures;
import dev.weft.gateway.catalog.CatalogView;
import dev.weft.gateway.catalog.ResolvedModel;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Measures what it costs a request in this process to find the version that its model's name stands for, and a replica that has it: 5,000 models in the
 * catalog and on 20 replicas. Prints quantiles of single requests, and the bytes that one allocates.
 */
public final class RoutingCost {

    private static final int MODELS = 5_000;
    private static final int REPLICAS = 20;
    private static final int ROUNDS = 400_000;
    private static final int LAST = 100_000;

    private final CatalogView catalog = CatalogFixtures.view(MODELS);
    private final Placement placement = new Placement(FixedRules.none());
    private final List<String> names =
            IntStream.range(0, MODELS).mapToObj(CatalogFixtures::name).toList();

    private RoutingCost() {
        Map<String, ReplicaStatus.Model> models = new HashMap<>();
        for (String name : names) {
            models.put(name + ":1", new ReplicaStatus.Model(ReplicaStatus.State.READY, "", 1, 0));
        }
        placement.members(IntStream.range(0, REPLICAS)
                .mapToObj(i -> {
                    Replica replica = new Replica("10.0.0." + i + ":8081", "cpu");
                    replica.told(new ReplicaStatus("i" + i, "cpu", true, false, 0, 0, models));
                    return replica;
                })
                .toList());
    }

    /** Runs it. */
    public static void main(String[] arguments) {
        RoutingCost cost = new RoutingCost();
        long[] nanos = new long[LAST];
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = 0;
        for (int i = 0; i < ROUNDS; i++) {
            if (i == ROUNDS - LAST) {
                before = threads.getCurrentThreadAllocatedBytes();
            }
            long start = System.nanoTime();
            cost.request(i);
            nanos[i % LAST] = System.nanoTime() - start;
        }
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        Arrays.sort(nanos);
        System.out.printf(
                "p50 %.1f us, p90 %.1f us, p99 %.1f us, %d bytes%n",
                nanos[LAST / 2] / 1e3, nanos[LAST * 9 / 10] / 1e3, nanos[LAST * 99 / 100] / 1e3, allocated / LAST);
    }

    private void request(int round) {
        ResolvedModel model = catalog.resolve(names.get(round * 7 % MODELS), "", null);
        if (!(placement.choose(model.key(), List.of()) instanceof Choice.Now(Replica replica))) {
            throw new IllegalStateException(model.key());
        }
        placement.visit(model.key(), replica).end();
    }
}
