package dev.weft.training;

import dev.weft.training.runtime.textclassifier.TextClassifierCommand;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * The program's entry: the service, or, when the first argument names a built-in runtime, one training job. They are one program so that the
 * native executable has both, and that no second artefact has to be where jobs run.
 */
@QuarkusMain
public final class TrainingDispatcher {

    private TrainingDispatcher() {}

    /** Runs the service until the process is told to end, or the job to its end. */
    public static void main(String... arguments) {
        if (arguments.length > 0 && arguments[0].equals(TextClassifierCommand.MODE)) {
            // Standard output is the events' alone, and JSON is UTF-8 whatever the system's own encoding is.
            PrintStream events =
                    new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
            System.setOut(System.err);
            List<String> rest = Arrays.asList(arguments).subList(1, arguments.length);
            System.exit(TextClassifierCommand.run(rest, events).code());
        }
        Quarkus.run(arguments);
    }
}
