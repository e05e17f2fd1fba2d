package dev.weft.bench;

import dev.weft.bench.Report.Table;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How long it takes until the first text is embedded, and what an idle mesh takes. */
@Command(
        name = "startup",
        mixinStandardHelpOptions = true,
        description = "Time to the first embedding, idle memory, size of the artefacts.")
final class StartupScenario extends Scenario {

    private static final List<String> SERVICES = List.of(Mesh.GATEWAY, Mesh.INFERENCE);

    private static final long IDLE_SECONDS = 3;

    @Option(
            names = "--runs",
            defaultValue = "3",
            description = "of which the median counts (default: ${DEFAULT-VALUE})")
    private int runs;

    @Override
    int run(Report report) throws Exception {
        Table times = new Table(
                "start to first embedding",
                "run",
                "launcher s",
                "services s",
                "gateway MB idle",
                "inference-service MB idle");
        List<double[]> all = new ArrayList<>();
        for (int run = 1; run <= runs; run++) {
            try (Mesh mesh = Mesh.start(root(), isNative())) {
                idle();
                double[] numbers = {
                    mesh.upSeconds(),
                    mesh.servicesSeconds(),
                    MeshFacts.residentMegabytes(mesh.pid(Mesh.GATEWAY)),
                    MeshFacts.residentMegabytes(mesh.pid(Mesh.INFERENCE))
                };
                all.add(numbers);
                add(times, Integer.toString(run), numbers);
            }
        }
        double[] medians = new double[4];
        Arrays.setAll(
                medians,
                i -> median(all.stream().mapToDouble(numbers -> numbers[i]).toArray()));
        add(times, "median", medians);
        report.add(times);
        report.note(
                "Through the gateway; counted from the start of the launcher, as ./weft up does it, and from that of"
                        + " the first service.");
        Table sizes = new Table("artefacts", "service", "artefact", "MB");
        for (String service : SERVICES) {
            Path target = root().resolve(service).resolve("target");
            String artefact = isNative() ? service + "-runner" : "quarkus-app";
            sizes.row(service, artefact, Trees.megabytes(target.resolve(artefact)));
        }
        report.add(sizes);
        return 0;
    }

    private static void add(Table table, String run, double[] numbers) {
        table.row(run, numbers[0], numbers[1], numbers[2], numbers[3]);
    }

    static void idle() {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(IDLE_SECONDS);
        for (long left; (left = end - System.nanoTime()) > 0; ) {
            LockSupport.parkNanos(left);
        }
    }

    /** The middle one; of an even number the mean of the two. */
    static double median(double... numbers) {
        double[] sorted = numbers.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
