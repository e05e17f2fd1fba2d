package dev.weft.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.weft.bench.ClosedLoop.Result;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Compares ONNX Runtime called directly with inference-service, and with the gateway over gRPC and REST. */
@Command(
        name = "./weft bench",
        mixinStandardHelpOptions = true,
        description =
                "Measures one sentence per request at each layer of a mesh of its own; prints a table and writes JSON.")
final class Bench implements Callable<Integer> {

    /** Enough to have the just-in-time compilers done with what is hot. */
    private static final int WARM_UP_CLIENTS = 8;

    /** Opens connections and fills queues. */
    private static final Duration LEAD_IN = Duration.ofSeconds(1);

    @Option(names = "--root", hidden = true, required = true)
    private Path root = Path.of(".");

    @Option(names = "--gateway", hidden = true, required = true, description = "address of the gateway")
    private String gateway = "";

    @Option(names = "--inference", hidden = true, required = true, description = "address of inference-service")
    private String inference = "";

    @Option(names = "--native", description = "measure the native executables")
    private boolean nativeImages;

    @Option(
            names = "--concurrency",
            split = ",",
            defaultValue = "1,8,32",
            description = "clients (default: ${DEFAULT-VALUE})")
    private List<Integer> concurrencies = List.of();

    @Option(
            names = "--seconds",
            defaultValue = "5",
            description = "length of each measurement (default: ${DEFAULT-VALUE})")
    private int seconds;

    @Option(
            names = "--warm-up",
            defaultValue = "15",
            description = "seconds of load on each target before the first measurement (default: ${DEFAULT-VALUE})")
    private int warmUpSeconds;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description = "where the JSON goes (default: bench/target/bench.json)")
    private @org.jspecify.annotations.Nullable Path json;

    private final PrintStream out;

    private Bench(PrintStream out) {
        this.out = out;
    }

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Bench(System.out)).execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        Map<String, Long> idle = new LinkedHashMap<>();
        residentMegabytes().forEach((service, megabytes) -> idle.put(service + " before load", megabytes));
        List<Result> results = new ArrayList<>();
        for (Callable<Target> open : targets()) {
            try (Target target = open.call()) {
                ClosedLoop.measure(target, WARM_UP_CLIENTS, Duration.ZERO, Duration.ofSeconds(warmUpSeconds));
            }
        }
        out.printf(
                "%-14s %11s %12s %10s %10s   %s%n", "target", "clients", "requests/s", "p50 ms", "p99 ms", "of direct");
        for (int concurrency : concurrencies) {
            double direct = 0;
            for (Callable<Target> open : targets()) {
                try (Target target = open.call()) {
                    Result result = ClosedLoop.measure(target, concurrency, LEAD_IN, Duration.ofSeconds(seconds));
                    direct = direct == 0 ? result.requestsPerSecond() : direct;
                    results.add(result);
                    print(result, direct);
                }
            }
        }
        residentMegabytes().forEach((service, megabytes) -> idle.put(service + " after load", megabytes));
        idle.forEach((service, megabytes) -> out.printf("%-34s %5d MB resident%n", service, megabytes));
        write(results, idle);
        return 0;
    }

    private List<Callable<Target>> targets() {
        return List.of(
                () -> new DirectTarget(
                        root.resolve("inference-service/target/models").resolve(Sentences.MODEL)),
                () -> new GrpcTarget("inference gRPC", inference),
                () -> new GrpcTarget("gateway gRPC", gateway),
                () -> new RestTarget(gateway));
    }

    private void print(Result result, double direct) {
        out.printf(
                "%-14s %11d %12.0f %10.2f %10.2f   %.2f%n",
                result.target(),
                result.concurrency(),
                result.requestsPerSecond(),
                result.p50Micros() / 1e3,
                result.p99Micros() / 1e3,
                result.requestsPerSecond() / direct);
    }

    /** Resident memory of the mesh under test, from Linux' /proc; elsewhere empty. */
    private static Map<String, Long> residentMegabytes() {
        Map<String, Long> resident = new LinkedHashMap<>();
        ProcessHandle.allProcesses().forEach(process -> {
            Path proc = Path.of("/proc", Long.toString(process.pid()));
            try (Stream<String> lines = Files.lines(proc.resolve("status"))) {
                String service = service(proc);
                if (!service.isEmpty()) {
                    lines.filter(line -> line.startsWith("VmRSS:"))
                            .findFirst()
                            .ifPresent(
                                    line -> resident.put(service, Long.parseLong(line.replaceAll("\\D", "")) / 1024));
                }
            } catch (IOException _) {
                // gone meanwhile, not ours to read, or no Linux
            }
        });
        return resident;
    }

    private static String service(Path proc) throws IOException {
        String command = Files.readString(proc.resolve("cmdline"));
        String environment = Files.readString(proc.resolve("environ"));
        if (!environment.contains("WEFT_BENCH=1")
                || !(command.contains("quarkus-run.jar") || command.contains("-runner"))) {
            return "";
        }
        return command.contains("gateway") ? "gateway" : "inference-service";
    }

    private void write(List<Result> results, Map<String, Long> memory) throws IOException {
        Path file = json == null ? root.resolve("bench/target/bench.json") : json;
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("cores", Runtime.getRuntime().availableProcessors());
        report.put("native", nativeImages);
        report.put("residentMegabytes", memory);
        report.put("results", results);
        new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValue(file.toFile(), report);
        out.println("JSON: " + file);
    }
}
