package dev.weft.bench;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** One thing to find out, as a subcommand. */
abstract class Scenario implements Callable<Integer> {

    @Spec
    private @Nullable CommandSpec spec;

    @Option(names = "--root", hidden = true, defaultValue = ".", description = "the project's folder")
    private Path root = Path.of(".");

    @Option(names = "--native", description = "measure the native executables")
    private boolean nativeImages;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description = "where the JSON goes (default: bench/target/bench-SCENARIO.json)")
    private @Nullable Path json;

    /**
     * Measures.
     *
     * @return the exit status
     */
    abstract int run(Report report) throws Exception;

    @Override
    public final Integer call() throws Exception {
        String name = spec == null ? "" : spec.name();
        Report report = new Report(System.out);
        report.put("scenario", name);
        report.put("cores", Runtime.getRuntime().availableProcessors());
        report.put("native", nativeImages);
        int status = run(report);
        report.put("exitStatus", status);
        report.write(json == null ? root().resolve("bench/target/bench-" + name + ".json") : json);
        return status;
    }

    final Path root() {
        return root.toAbsolutePath().normalize();
    }

    final boolean isNative() {
        return nativeImages;
    }
}
