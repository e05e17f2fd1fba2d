package dev.weft.training.backend.local;

import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.training.TrainingDispatcher;
import dev.weft.training.backend.JobFolders;
import dev.weft.training.backend.RunRequest;
import dev.weft.training.runtime.RuntimeSettings;
import dev.weft.training.runtime.SelfCommand;
import dev.weft.training.runtime.TrainingRuntime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a run finds when it starts: its folder, its environment, its limits. */
final class RunPreparation {

    /** Nothing else of the dispatcher's environment, where its passwords are, unless the configuration names it. */
    private static final List<String> PASSED_ON = List.of("PATH", "LANG", "LC_ALL", "TZ");

    private static final int KIB = 1024;

    /** The dispatcher ends a run at its deadline; the watchdog does when no dispatcher comes back. */
    private static final Duration WATCHDOG_EXTRA = Duration.ofMinutes(1);

    /** Of a run's memory, what a Java may use for its heap. */
    private static final double HEAP_SHARE = 0.75;

    private final LocalConfig config;
    private final JobFolders folders;

    RunPreparation(LocalConfig config, RuntimeSettings settings) {
        this.config = config;
        this.folders = new JobFolders(
                Optional.empty(),
                settings,
                config.settings(),
                config.dataFolders().orElse(List.of()),
                "weft.training.local.data-folders");
    }

    /** The program and its arguments; the last is the job's folder. */
    List<String> program(RunRequest request, RunFolder folder) {
        List<String> program = new ArrayList<>(
                switch (request.runtime()) {
                    case TrainingRuntime.BuiltIn builtIn ->
                        SelfCommand.of(
                                TrainingDispatcher.class.getName(),
                                builtIn.mode(),
                                Math.round(request.resources().memoryBytes() * HEAP_SHARE));
                    case TrainingRuntime.Command command -> command.command();
                    case TrainingRuntime.Container container ->
                        throw new InvalidArgument("runtime: '" + container.name()
                                + "' is a container (expected: a command or a built-in one, on the backend local)");
                });
        program.add(folder.job().toString());
        return program;
    }

    /** Puts the job's file and its data into the folder; may be done again after it was done in part. */
    void fill(RunRequest request, RunFolder folder) throws IOException {
        folders.fill(request, folder.job());
    }

    Launcher.Settings settings(RunRequest request, RunFolder folder) {
        return new Launcher.Settings(
                environment(request, folder),
                memoryLimit(request),
                request.timeLeft().plus(WATCHDOG_EXTRA),
                config.maxOutput().asLongValue(),
                config.nice());
    }

    /** A Java is limited by its own option; what it reserves beside its heap is hard to foretell, and would be taken for a defect. */
    private static long memoryLimit(RunRequest request) {
        return switch (request.runtime()) {
            case TrainingRuntime.Command _ -> request.resources().memoryBytes() / KIB;
            case TrainingRuntime.BuiltIn _, TrainingRuntime.Container _ -> 0;
        };
    }

    private Map<String, String> environment(RunRequest request, RunFolder folder) {
        Map<String, String> environment = new HashMap<>();
        List<String> names = new ArrayList<>(PASSED_ON);
        config.environment().ifPresent(names::addAll);
        for (String name : names) {
            String value = System.getenv(name);
            if (value != null) {
                environment.put(name, value);
            }
        }
        long cores = Math.max(1, Math.ceilDiv(request.resources().cpuMillis(), 1000));
        environment.put("OMP_NUM_THREADS", Long.toString(cores));
        environment.put("WEFT_CORES", Long.toString(cores));
        environment.put("WEFT_MEMORY_BYTES", Long.toString(request.resources().memoryBytes()));
        environment.put("HOME", folder.job().toString());
        environment.put("TMPDIR", folder.path().resolve("tmp").toString());
        environment.put(ProcessTable.MARK, request.key().toString());
        return environment;
    }
}
