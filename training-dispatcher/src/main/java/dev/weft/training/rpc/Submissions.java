package dev.weft.training.rpc;

import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.TooLarge;
import dev.weft.protocol.training.v1.DataContent;
import dev.weft.protocol.training.v1.SubmitJobRequest;
import dev.weft.training.dispatch.Backends;
import dev.weft.training.job.DataSource;
import dev.weft.training.job.JobSpec;
import dev.weft.training.job.JobsConfig;
import dev.weft.training.job.NewJob;
import dev.weft.training.job.PublishTarget;
import dev.weft.training.job.TrainingJobRepository;
import dev.weft.training.job.TrainingJobRepository.Submitted;
import dev.weft.training.runtime.RuntimeJson;
import dev.weft.training.runtime.RuntimeRepository;
import dev.weft.training.runtime.TrainingRuntime;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;

/** Checks what is submitted, completes it and takes it. */
@Singleton
class Submissions {

    private final TrainingJobRepository jobs;
    private final RuntimeRepository runtimes;
    private final Backends backends;
    private final JobsConfig config;

    Submissions(TrainingJobRepository jobs, RuntimeRepository runtimes, Backends backends, JobsConfig config) {
        this.jobs = jobs;
        this.runtimes = runtimes;
        this.backends = backends;
        this.config = config;
    }

    Submitted submit(SubmitJobRequest request) {
        dev.weft.protocol.training.v1.JobSpec wanted = request.getSpec();
        TrainingRuntime runtime = runtimes.get(wanted.getRuntime());
        String backend =
                backends.require(wanted.getBackend().isEmpty() ? config.defaultBackend() : wanted.getBackend());
        JobSpec spec = new JobSpec(
                runtime.name(),
                runtime.parameters()
                        .complete(Structs.json(wanted.getParameters()))
                        .toString(),
                data(wanted),
                backend,
                JobMessages.resources(wanted.getResources()),
                wanted.getDeadlineMs() == 0 ? config.defaultDeadline() : Duration.ofMillis(wanted.getDeadlineMs()),
                wanted.getMaxAttempts() == 0 ? config.defaultAttempts() : wanted.getMaxAttempts(),
                wanted.getLabelsMap(),
                wanted.hasPublish() ? Optional.of(target(wanted.getPublish())) : Optional.empty());
        Optional<byte[]> content = wanted.hasDataContent()
                ? Optional.of(wanted.getDataContent().getContent().toByteArray())
                : Optional.empty();
        NewJob job = new NewJob(
                request.getOwner(), text(request.getIdempotencyKey()), spec, content, RuntimeJson.write(runtime));
        return jobs.submit(job, config.maxOpen());
    }

    private DataSource data(dev.weft.protocol.training.v1.JobSpec wanted) {
        return switch (wanted.getDataCase()) {
            case DATA_URI -> new DataSource.Reference(wanted.getDataUri());
            case DATA_CONTENT -> stored(wanted.getDataContent());
            case DATA_NOT_SET -> new DataSource.None();
        };
    }

    private DataSource stored(DataContent content) {
        int bytes = content.getContent().size();
        if (bytes > config.maxDataBytes()) {
            throw new TooLarge("data_content: " + bytes + " bytes (expected: at most " + config.maxDataBytes() + ")");
        }
        if (bytes == 0) {
            throw new InvalidArgument("data_content: 0 bytes (expected: some)");
        }
        return new DataSource.Stored(content.getFileName(), bytes);
    }

    private static PublishTarget target(dev.weft.protocol.training.v1.PublishTarget message) {
        return new PublishTarget(
                message.getModel(), text(message.getStore()), text(message.getMetric()), message.getMargin());
    }

    private static Optional<String> text(String value) {
        return value.isEmpty() ? Optional.empty() : Optional.of(value);
    }
}
