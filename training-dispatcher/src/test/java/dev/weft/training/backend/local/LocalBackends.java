package dev.weft.training.backend.local;

import dev.weft.training.backend.TrainingBackend;
import dev.weft.training.job.JobFixture;
import dev.weft.training.runtime.RuntimeSettings;
import java.nio.file.Path;
import java.util.Map;

/** Makes backends of this package for tests of others. */
public final class LocalBackends {

    private LocalBackends() {}

    public static TrainingBackend of(Path folder, int maxRuns) {
        return new LocalProcessBackend(
                JobFixture.config(
                        LocalConfig.class,
                        Map.of(
                                "weft.training.local.folder", folder.toString(),
                                "weft.training.local.grace", "200ms",
                                "weft.training.local.max-runs", Integer.toString(maxRuns))),
                (_, _, _) -> RuntimeSettings.Told.NOTHING);
    }
}
