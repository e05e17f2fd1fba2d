package dev.weft.bench;

import dev.weft.bench.ClosedLoop.Result;
import dev.weft.bench.OpenLoop.Load;
import dev.weft.bench.Report.Table;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What happens when more is asked than can be computed. */
@Command(
        name = "overload",
        mixinStandardHelpOptions = true,
        description = "Open loop at 0.5, 1, 2 and 4 times the capacity, which a closed loop finds first.")
final class OverloadScenario extends MeshScenario {

    private static final List<Integer> CLIENTS = List.of(2, 4, 8, 16, 32, 64);
    private static final List<Double> FACTORS = List.of(0.5, 1.0, 2.0, 4.0);
    private static final int TEXTS = 64;

    /** Long enough for queues to fill. */
    private static final Duration LEAD_IN = Duration.ofSeconds(2);

    /** A server allows a connection a hundred calls at a time or more; more would wait in the generator. */
    private static final int CONNECTIONS = 40;

    private static final int MAX_OUTSTANDING = 4000;

    @Option(names = "--seconds", defaultValue = "10", description = "of each load (default: ${DEFAULT-VALUE})")
    private int seconds;

    @Option(
            names = "--tokens",
            defaultValue = "100",
            description =
                    "of each text; long ones keep the generator small beside the work (default: ${DEFAULT-VALUE})")
    private int tokens;

    @Option(
            names = "--timeout-ms",
            defaultValue = "1000",
            description = "deadline of each request (default: ${DEFAULT-VALUE})")
    private int timeoutMillis;

    @Option(
            names = "--at",
            paramLabel = "SERVICE",
            defaultValue = Mesh.GATEWAY,
            description = "gateway or inference-service (default: ${DEFAULT-VALUE})")
    private String service = Mesh.GATEWAY;

    @Override
    int measure(Mesh mesh, BundledModel model, Report report) throws Exception {
        Endpoint endpoint = Stream.of(mesh.gateway(), mesh.inference())
                .filter(candidate -> candidate.service().equals(service))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "--at: " + service + " (expected: " + Mesh.GATEWAY + " or " + Mesh.INFERENCE + ")"));
        List<Text> texts = Texts.paragraphs(TEXTS, tokens, seed(), model::tokens);
        try (GrpcTarget target = new GrpcTarget(endpoint, Requests.of(texts, 1), CONNECTIONS)) {
            warmUp(List.of(target), report);
            double capacity = capacity(target, report);
            List<Step> steps = new ArrayList<>();
            for (double factor : FACTORS) {
                report.progress("%.1f times the capacity", factor);
                steps.add(step(mesh, target, factor, factor * capacity));
            }
            print(steps, capacity, report);
            target.failures().forEach((failure, count) -> report.note("failed: %d with %s", count, failure));
        }
        return 0;
    }

    private double capacity(GrpcTarget target, Report report) throws InterruptedException {
        Table table = new Table("capacity", "clients", "requests/s", "p50 ms", "p99 ms");
        double best = 0;
        for (int clients : CLIENTS) {
            report.progress("closed loop, %d clients", clients);
            ClosedLoop.run(target, clients, Duration.ofSeconds(1));
            Result result = ClosedLoop.run(target, clients, Duration.ofSeconds(seconds));
            table.row(
                    clients,
                    result.requestsPerSecond(),
                    result.latencies().millisAt(50),
                    result.latencies().millisAt(99));
            noteFailures(report, target, result);
            best = Math.max(best, result.requestsPerSecond());
        }
        report.add(table);
        report.put("capacityPerSecond", best);
        return best;
    }

    /**
     * One load and what it took.
     *
     * @param factor of the capacity
     * @param cores that each process was busy on, on average
     */
    private record Step(double factor, double perSecond, OpenLoop.Result result, Cpu cores) {}

    /** Processor time of the three processes, in seconds; or their rates. */
    private record Cpu(double generator, double gateway, double inference) {
        static Cpu now(Mesh mesh) throws IOException {
            return new Cpu(
                    MeshFacts.cpuSeconds(ProcessHandle.current().pid()),
                    MeshFacts.cpuSeconds(mesh.pid(Mesh.GATEWAY)),
                    MeshFacts.cpuSeconds(mesh.pid(Mesh.INFERENCE)));
        }

        Cpu perSecondSince(Cpu earlier, double seconds) {
            return new Cpu(
                    (generator - earlier.generator) / seconds,
                    (gateway - earlier.gateway) / seconds,
                    (inference - earlier.inference) / seconds);
        }
    }

    private Step step(Mesh mesh, GrpcTarget target, double factor, double perSecond)
            throws IOException, InterruptedException {
        Load load = new Load(
                perSecond,
                seed(),
                LEAD_IN,
                Duration.ofSeconds(seconds),
                Duration.ofMillis(timeoutMillis),
                MAX_OUTSTANDING);
        Cpu before = Cpu.now(mesh);
        long start = System.nanoTime();
        OpenLoop.Result result = new OpenLoop(OpenLoop.Clock.SYSTEM).run(target, load);
        double elapsedSeconds = (System.nanoTime() - start) / 1e9;
        return new Step(factor, perSecond, result, Cpu.now(mesh).perSecondSince(before, elapsedSeconds));
    }

    private void print(List<Step> steps, double capacity, Report report) {
        Table table = new Table(
                "overload",
                "load",
                "offered/s",
                "OK/s",
                "of capacity",
                "OK",
                "refused",
                "expired",
                "failed",
                "unsent",
                "p50 ms",
                "p99 ms",
                "p99.9 ms",
                "p99 of 1x");
        double millisAtCapacity = steps.stream()
                .filter(step -> step.factor() == 1)
                .mapToDouble(step -> step.result().latencies().millisAt(99))
                .findFirst()
                .orElse(Double.NaN);
        for (Step step : steps) {
            OpenLoop.Result result = step.result();
            double p99 = result.latencies().millisAt(99);
            table.row(
                    step.factor() + "x",
                    result.offered() / (double) seconds,
                    result.goodputPerSecond(),
                    result.goodputPerSecond() / capacity,
                    result.count(Outcome.OK),
                    result.count(Outcome.REFUSED),
                    result.count(Outcome.EXPIRED),
                    result.count(Outcome.FAILED),
                    result.unsent(),
                    result.latencies().millisAt(50),
                    p99,
                    result.latencies().millisAt(99.9),
                    p99 / millisAtCapacity);
        }
        report.add(table);
        report.note(
                "Poisson arrivals, seed %d; deadline %d ms; about %d tokens per text; at the %s. Latency is that of the"
                        + " answered, from when they were due; OK/s is what was answered within the measured time.",
                seed(), timeoutMillis, tokens, service);
        printGenerator(steps, report);
    }

    private static void printGenerator(List<Step> steps, Report report) {
        Table table = new Table(
                "busy cores and the generator's lag",
                "load",
                "generator",
                "gateway",
                "inference-service",
                "lag p50 ms",
                "lag p99 ms",
                "lag max ms");
        for (Step step : steps) {
            Latencies lag = step.result().lag();
            Cpu cores = step.cores();
            table.row(
                    step.factor() + "x",
                    cores.generator(),
                    cores.gateway(),
                    cores.inference(),
                    lag.millisAt(50),
                    lag.millisAt(99),
                    lag.millisAt(100));
        }
        report.add(table);
        for (Step step : steps) {
            if (step.result().isGeneratorBehind()) {
                report.note(
                        "At %.1fx the generator itself fell behind (%d requests unsent, lag p99 %.1f ms).",
                        step.factor(),
                        step.result().unsent(),
                        step.result().lag().millisAt(99));
            }
        }
    }
}
