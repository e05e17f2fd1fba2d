package dev.weft.training.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.time.Deadline;
import java.nio.file.Path;
import java.util.Map;

/** What a runtime has to be told beside a job's parameters. */
@FunctionalInterface
public interface RuntimeSettings {

    /**
     * What goes into the settings of {@code job.json}.
     *
     * @param values as they are
     * @param files of this machine, files and folders, by the settings that name them; a run elsewhere needs copies
     */
    record Told(Map<String, String> values, Map<String, Path> files) {

        /** For runtimes that are told nothing. */
        public static final Told NOTHING = new Told(Map.of(), Map.of());

        public Told {
            values = Map.copyOf(values);
            files = Map.copyOf(files);
        }
    }

    /**
     * The settings of {@code job.json}.
     *
     * @throws InvalidArgument when the parameters name what is not here
     */
    Told of(TrainingRuntime runtime, JsonNode parameters, Deadline deadline);
}
