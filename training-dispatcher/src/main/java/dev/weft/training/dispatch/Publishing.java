package dev.weft.training.dispatch;

import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.Internal;
import dev.weft.kit.time.Deadline;
import dev.weft.training.backend.TrainingBackend;
import dev.weft.training.job.JobState;
import dev.weft.training.job.RunKey;
import dev.weft.training.job.TrainingJob;
import dev.weft.training.publish.ModelPublisher;
import dev.weft.training.runtime.RuntimeEvent;
import io.quarkus.arc.All;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/** Brings what a run has made to the publisher. */
@Singleton
class Publishing {

    private static final Logger LOG = Logger.getLogger(Publishing.class);

    private final Optional<ModelPublisher> publisher;
    private final DispatchConfig config;

    @Inject
    Publishing(@All List<ModelPublisher> publishers, DispatchConfig config) {
        this(publishers.stream().findFirst(), config);
    }

    Publishing(Optional<ModelPublisher> publisher, DispatchConfig config) {
        this.publisher = publisher;
        this.config = config;
    }

    JobState.Publication publish(TrainingJob job, JobState.Succeeded succeeded, TrainingBackend backend) {
        ModelPublisher to = publisher.orElseThrow(
                () -> new FailedPrecondition("publish: no model store and catalog are configured here"));
        RunKey key = succeeded.run().key();
        Deadline deadline = Deadline.after(config.publishTimeout());
        RuntimeEvent.Result result = OutputParser.result(List.of(job.result().orElse("")));
        Path scratch = scratch(key);
        try {
            Path output =
                    backend.output(key, scratch, deadline).toAbsolutePath().normalize();
            Path modelPackage = output.resolve(result.modelPackage()).normalize();
            if (!modelPackage.startsWith(output) || !Files.isDirectory(modelPackage)) {
                throw new FailedPrecondition(
                        "result: package '" + result.modelPackage() + "' (expected: a folder inside the run's output)");
            }
            return to.publish(job.id(), job.spec().publish().orElseThrow(), modelPackage, result.metrics(), deadline);
        } finally {
            delete(scratch);
        }
    }

    private Path scratch(RunKey key) {
        try {
            Path folder = Files.createDirectories(config.scratchFolder().toAbsolutePath());
            return Files.createTempDirectory(folder, key + ".");
        } catch (IOException e) {
            throw new Internal(
                    "weft.training.dispatch.scratch-folder: " + config.scratchFolder() + " cannot be used", e);
        }
    }

    private static void delete(Path folder) {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            LOG.warnf("%s is left: %s", folder, e.getMessage());
        }
    }
}
