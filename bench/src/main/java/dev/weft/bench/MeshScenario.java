package dev.weft.bench;

import dev.weft.bench.MeshFacts.Allocation;
import dev.weft.bench.Report.Table;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** A scenario that loads a running mesh; it also tells what that has cost each service. */
abstract class MeshScenario extends Scenario {

    /** Enough to have the just-in-time compilers done with what is hot. */
    private static final int WARM_UP_CLIENTS = 8;

    @Option(
            names = "--warm-up",
            paramLabel = "SECONDS",
            defaultValue = "15",
            description = "load on each target before the first measurement (default: ${DEFAULT-VALUE})")
    private int warmUpSeconds;

    @Option(
            names = "--seed",
            defaultValue = "1",
            description = "of texts, arrivals and choices (default: ${DEFAULT-VALUE})")
    private long seed;

    /**
     * Loads the mesh.
     *
     * @param model the same model in this process
     * @return the exit status
     */
    abstract int measure(Mesh mesh, BundledModel model, Report report) throws Exception;

    @Override
    final int run(Report report) throws Exception {
        report.put("seed", seed);
        try (Mesh mesh = Mesh.start(root(), isNative());
                MeshFacts facts = new MeshFacts();
                BundledModel model = new BundledModel(Mesh.bundledModel(root()))) {
            report.put("upSeconds", mesh.upSeconds());
            List<Costs> costs = new ArrayList<>();
            for (String service : List.of(Mesh.GATEWAY, Mesh.INFERENCE)) {
                costs.add(new Costs(mesh, facts, service));
            }
            int status = measure(mesh, model, report);
            Table table = new Table(
                    "costs",
                    "service",
                    "resident MB before",
                    "resident MB after",
                    "CPU s",
                    "requests",
                    "allocated kB/request",
                    "collections");
            for (Costs cost : costs) {
                cost.addTo(table);
            }
            report.add(table);
            report.note(
                    "Requests count warm-up and refusals. Micrometer learns of allocations when garbage is collected:"
                            + " with few collections they are coarse.");
            return status;
        }
    }

    /** Has the compilers of both sides see each target's path. */
    final void warmUp(List<? extends Target> targets, Report report) throws InterruptedException {
        report.progress("warming up, %d s for each of %d targets", warmUpSeconds, targets.size());
        for (Target target : targets) {
            ClosedLoop.run(target, WARM_UP_CLIENTS, Duration.ofSeconds(warmUpSeconds));
        }
    }

    final long seed() {
        return seed;
    }

    /** Reports failures of a closed loop, of which there should be none. */
    static void noteFailures(Report report, Target target, ClosedLoop.Result result) {
        if (result.failures() > 0) {
            report.note("%s: %d requests failed, one with %s", target.label(), result.failures(), result.failure());
        }
    }

    /** What a service had used when this was made, to be compared with what it has used later. */
    private final class Costs {
        private final Mesh mesh;
        private final MeshFacts facts;
        private final String service;
        private final double residentMegabytes;
        private final double cpuSeconds;
        private final long requests;
        private final Allocation allocation;

        private Costs(Mesh mesh, MeshFacts facts, String service) throws IOException, InterruptedException {
            this.mesh = mesh;
            this.facts = facts;
            this.service = service;
            this.residentMegabytes = MeshFacts.residentMegabytes(mesh.pid(service));
            this.cpuSeconds = MeshFacts.cpuSeconds(mesh.pid(service));
            this.requests = mesh.requests(service);
            this.allocation = allocation();
        }

        private Allocation allocation() throws IOException, InterruptedException {
            return isNative() ? new Allocation(Double.NaN, Double.NaN) : facts.allocation(Mesh.httpPort(service));
        }

        private void addTo(Table table) throws IOException, InterruptedException {
            Allocation allocated = allocation().minus(allocation);
            long answered = mesh.requests(service) - requests;
            table.row(
                    service,
                    residentMegabytes,
                    MeshFacts.residentMegabytes(mesh.pid(service)),
                    MeshFacts.cpuSeconds(mesh.pid(service)) - cpuSeconds,
                    answered,
                    allocated.collections() == 0 ? Double.NaN : allocated.bytes() / 1e3 / answered,
                    allocated.collections());
        }
    }
}
