package dev.weft.bench;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Entry point: which scenarios there are. */
@Command(
        name = "./weft bench",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "[SCENARIO]",
        description = "Measures a mesh of its own, prints tables and writes JSON. Without a scenario it runs layers.",
        footer = "Options of a scenario: ./weft bench SCENARIO --help",
        subcommands = {
            LayersScenario.class,
            OverloadScenario.class,
            MixedScenario.class,
            NativeScenario.class,
            PrioritiesScenario.class,
            SearchScenario.class,
            BatchScenario.class,
            SoakScenario.class,
            StartupScenario.class,
            TrainingScenario.class
        })
final class Bench {

    private static final String DEFAULT_SCENARIO = "layers";

    private static final List<String> OWN_OPTIONS = List.of("-h", "--help", "-V", "--version");

    private Bench() {}

    public static void main(String[] arguments) {
        CommandLine line = new CommandLine(new Bench());
        line.setExecutionExceptionHandler((e, _, _) -> {
            if (e instanceof Mesh.StartFailure || e instanceof IllegalArgumentException) {
                System.err.println("weft: " + e.getMessage());
                return 1;
            }
            throw e;
        });
        System.exit(line.execute(withScenario(arguments)));
    }

    /** The arguments, the default scenario before them when they name none. */
    static String[] withScenario(String... arguments) {
        boolean named = arguments.length > 0 && (!arguments[0].startsWith("-") || OWN_OPTIONS.contains(arguments[0]));
        if (named) {
            return arguments;
        }
        List<String> all = new ArrayList<>(List.of(DEFAULT_SCENARIO));
        all.addAll(List.of(arguments));
        return all.toArray(String[]::new);
    }
}
