package dev.weft.bench;

import dev.weft.bench.Report.Table;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What each service takes and gives as an executable, beside the same on the JVM. */
@Command(
        name = "native",
        mixinStandardHelpOptions = true,
        description =
                "Every service on the JVM (with the caches of ./weft aot, if they are there) and as an executable: sizes,"
                        + " time to ready, memory idle and under load, throughput of the mesh. Compile first: ./weft native")
final class NativeScenario extends Scenario {

    private static final List<String> SERVICES = List.of(Mesh.INFERENCE, Mesh.EMBEDDING, Mesh.TRAINING, Mesh.GATEWAY);

    private static final int WARM_UP_CLIENTS = 8;
    private static final Pattern STARTED = Pattern.compile("started in ([0-9.]+)s");

    @Option(names = "--runs", defaultValue = "3", description = "starts of each form (default: ${DEFAULT-VALUE})")
    private int runs;

    @Option(names = "--clients", defaultValue = "32", description = "of the load (default: ${DEFAULT-VALUE})")
    private int clients;

    @Option(names = "--seconds", defaultValue = "15", description = "of the load (default: ${DEFAULT-VALUE})")
    private int seconds;

    /** A form of the services, and what was seen of it. */
    private static final class Seen {
        private final boolean isNative;
        private final List<Double> firstEmbedding = new ArrayList<>();
        private final Map<String, List<Double>> started = new LinkedHashMap<>();
        private final Map<String, Double> idle = new LinkedHashMap<>();
        private final Map<String, Double> loaded = new LinkedHashMap<>();
        private double perSecond;

        private Seen(boolean isNative) {
            this.isNative = isNative;
        }

        private String name() {
            return isNative ? "native" : "JVM";
        }
    }

    @Override
    int run(Report report) throws Exception {
        List<Seen> forms = List.of(new Seen(false), new Seen(true));
        try (BundledModel model = new BundledModel(Mesh.bundledModel(root()))) {
            for (Seen form : forms) {
                for (int run = 1; run <= runs; run++) {
                    report.progress("%s, start %d of %d", form.name(), run, runs);
                    try (Mesh mesh = Mesh.start(root(), form.isNative)) {
                        see(mesh, form);
                        if (run == runs) {
                            load(mesh, model, form, report);
                        }
                    }
                }
            }
        }
        report.add(services(forms));
        report.add(mesh(forms));
        report.note(
                "Ready is what the service's log tells; the first embedding counts from the start of the first service, through the gateway. Medians of %d starts.",
                runs);
        return 0;
    }

    private static void see(Mesh mesh, Seen form) throws IOException, InterruptedException {
        form.firstEmbedding.add(mesh.servicesSeconds());
        // All are ready: the launcher has waited for the last.
        StartupScenario.idle();
        for (String service : SERVICES) {
            Matcher started = STARTED.matcher(Files.readString(mesh.log(service)));
            if (started.find()) {
                form.started.computeIfAbsent(service, _ -> new ArrayList<>()).add(Double.parseDouble(started.group(1)));
            }
            form.idle.put(service, MeshFacts.residentMegabytes(mesh.pid(service)));
        }
    }

    private void load(Mesh mesh, BundledModel model, Seen form, Report report) throws Exception {
        report.progress("%s, %d clients", form.name(), clients);
        try (GrpcTarget target = new GrpcTarget(mesh.gateway(), Requests.of(Texts.sentences(model::tokens), 1))) {
            ClosedLoop.run(target, WARM_UP_CLIENTS, Duration.ofSeconds(seconds));
            ClosedLoop.Result result = ClosedLoop.run(target, clients, Duration.ofSeconds(seconds));
            MeshScenario.noteFailures(report, target, result);
            form.perSecond = result.rowsPerSecond();
        }
        for (String service : SERVICES) {
            form.loaded.put(service, MeshFacts.residentMegabytes(mesh.pid(service)));
        }
    }

    private Table services(List<Seen> forms) throws IOException {
        Table table = new Table("services", "service", "form", "MB on disk", "ready s", "MB idle", "MB after load");
        for (String service : SERVICES) {
            for (Seen form : forms) {
                Path target = root().resolve(service).resolve("target");
                table.row(
                        service,
                        form.name(),
                        Trees.megabytes(target.resolve(form.isNative ? service + "-runner" : "quarkus-app")),
                        median(form.started.getOrDefault(service, List.of())),
                        form.idle.getOrDefault(service, Double.NaN),
                        form.loaded.getOrDefault(service, Double.NaN));
            }
        }
        table.row(
                "native libraries",
                "both",
                Trees.megabytes(root().resolve("inference-service/target/native-libraries")),
                Double.NaN,
                Double.NaN,
                Double.NaN);
        table.row(
                "the bundled model",
                "both",
                Trees.megabytes(Mesh.bundledModel(root())),
                Double.NaN,
                Double.NaN,
                Double.NaN);
        return table;
    }

    private Table mesh(List<Seen> forms) {
        Table table =
                new Table("mesh", "form", "first embedding s", "texts/s with " + clients + " clients", "of the JVM's");
        for (Seen form : forms) {
            table.row(
                    form.name(),
                    median(form.firstEmbedding),
                    form.perSecond,
                    form.perSecond / forms.getFirst().perSecond);
        }
        return table;
    }

    private static double median(List<Double> numbers) {
        return numbers.isEmpty()
                ? Double.NaN
                : StartupScenario.median(
                        numbers.stream().mapToDouble(Double::doubleValue).toArray());
    }
}
