package dev.weft.training.runtime.textclassifier;

import dev.weft.kit.config.Secret;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.time.Deadline;
import dev.weft.store.DurableFiles;
import dev.weft.training.runtime.JobFile;
import dev.weft.training.runtime.Resources;
import dev.weft.training.runtime.RuntimeEvent;
import dev.weft.training.runtime.RuntimeExit;
import dev.weft.training.runtime.TrainingRuntime;
import dev.weft.training.runtime.textclassifier.upstream.GrpcEmbedder;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** The runtime as a process: {@code training-dispatcher text-classifier <job folder>}. */
public final class TextClassifierCommand {

    /** The program's first argument that chooses it, and the runtime's name. */
    public static final String MODE = "text-classifier";

    /** Setting: host and port of inference-service or the gateway. */
    public static final String INFERENCE = "inference";

    /** Variable of the environment, optional: the key that a gateway asks for. It is no setting, since those lie in a file. */
    private static final String MESH_KEY = "MESH_KEY";

    /** Setting: the folder of the embedding model's package. */
    public static final String ENCODER = TextClassifier.ENCODER;

    /** Setting, optional: seconds after which nobody waits for the job. */
    public static final String DEADLINE_SECONDS = "deadline_seconds";

    private static final Duration LONGEST = Duration.ofHours(1);

    private TextClassifierCommand() {}

    /** What jobs see of it. */
    public static TrainingRuntime.BuiltIn runtime() {
        return new TrainingRuntime.BuiltIn(
                MODE,
                "a classifier of texts: a head on a served embedding model's vectors, written with it as one ONNX package",
                Options.PARAMETERS,
                new Resources(1_000, 512L << 20, 0),
                MODE);
    }

    /**
     * Runs one job.
     *
     * @param arguments the job's folder
     * @param out takes the events
     * @return how the process is to end
     */
    public static RuntimeExit run(List<String> arguments, PrintStream out) {
        Events events = new Events(out);
        try {
            if (arguments.size() != 1) {
                throw new InvalidArgument("arguments: " + arguments + " (expected: a job's folder)");
            }
            Path folder = Path.of(arguments.getFirst());
            JobFile job = JobFile.read(folder);
            String target = Optional.ofNullable(job.settings().get(INFERENCE))
                    .orElseThrow(() -> new InvalidArgument(JobFile.NAME + ": settings: no '" + INFERENCE + "'"));
            TextClassifier classifier = new TextClassifier(folder, job, events::tell, deadline(job));
            Optional<Secret> key = Optional.ofNullable(System.getenv(MESH_KEY)).map(Secret::new);
            try (Embedder embedder =
                    new GrpcEmbedder(target, InferenceTls.of(job.settings()), classifier.model(), key)) {
                classifier.run(embedder);
            }
            return RuntimeExit.SUCCESS;
        } catch (Failure e) {
            return failed(events, e);
        } catch (IOException e) {
            return failed(events, DurableFiles.failure("job folder", e));
        } catch (RuntimeException | OutOfMemoryError e) {
            e.printStackTrace(System.err);
            return failed(events, new Failure.Internal(e.toString(), e));
        }
    }

    private static Deadline deadline(JobFile job) {
        String seconds = job.settings().get(DEADLINE_SECONDS);
        try {
            return Deadline.after(seconds == null ? LONGEST : Duration.ofSeconds(Long.parseLong(seconds)));
        } catch (NumberFormatException _) {
            throw new InvalidArgument(
                    JobFile.NAME + ": settings: " + DEADLINE_SECONDS + ": '" + seconds + "' (expected: a number)");
        }
    }

    private static RuntimeExit failed(Events events, Failure failure) {
        events.tell(new RuntimeEvent.Failed(Objects.requireNonNullElse(failure.getMessage(), "no reason given")));
        return switch (failure) {
            case Failure.InvalidArgument _,
                    Failure.TooLarge _,
                    Failure.NotFound _,
                    Failure.FailedPrecondition _,
                    Failure.AlreadyExists _,
                    Failure.Unauthenticated _,
                    Failure.PermissionDenied _,
                    Failure.Unimplemented _ -> RuntimeExit.BAD_INPUT;
            case Failure.ResourceExhausted _,
                    Failure.DeadlineExceeded _,
                    Failure.Aborted _,
                    Failure.Cancelled _,
                    Failure.Unavailable _ -> RuntimeExit.TEMPORARY;
            case Failure.Internal _ -> RuntimeExit.DEFECT;
        };
    }

    /** Writes events as lines, each at once. */
    private record Events(PrintStream out) {
        void tell(RuntimeEvent event) {
            out.println(event.line());
            out.flush();
        }
    }
}
