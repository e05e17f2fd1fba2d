package dev.weft.training.rpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import dev.weft.protocol.training.v1.DataContent;
import dev.weft.protocol.training.v1.Event;
import dev.weft.protocol.training.v1.HistoryEntry;
import dev.weft.protocol.training.v1.Job;
import dev.weft.protocol.training.v1.JobState;
import dev.weft.protocol.training.v1.Metric;
import dev.weft.protocol.training.v1.StepMetrics;
import dev.weft.training.job.DataSource;
import dev.weft.training.job.EndReason;
import dev.weft.training.job.JobEvent;
import dev.weft.training.job.JobHistory;
import dev.weft.training.job.JobSpec;
import dev.weft.training.job.JobState.Cancelled;
import dev.weft.training.job.JobState.Dispatched;
import dev.weft.training.job.JobState.Failed;
import dev.weft.training.job.JobState.Publication;
import dev.weft.training.job.JobState.Published;
import dev.weft.training.job.JobState.Queued;
import dev.weft.training.job.JobState.Run;
import dev.weft.training.job.JobState.Running;
import dev.weft.training.job.JobState.Stopping;
import dev.weft.training.job.JobState.Succeeded;
import dev.weft.training.job.LogLine;
import dev.weft.training.job.MetricPoint;
import dev.weft.training.job.PublishTarget;
import dev.weft.training.job.ResourceRequest;
import dev.weft.training.job.TrainingJob;
import java.time.Instant;

/** Jobs and what happened to them, as messages. */
final class JobMessages {

    private JobMessages() {}

    static Job message(TrainingJob job) {
        Job.Builder message = Job.newBuilder()
                .setId(job.id().value())
                .setSpec(message(job.spec()))
                .setOwner(job.owner())
                .setIdempotencyKey(job.idempotencyKey().orElse(""))
                .setState(JobState.valueOf("JOB_STATE_" + job.state().code()))
                .setCreatedAt(message(job.createdAt()))
                .setStateSince(message(job.stateSince()))
                .setDeadlineAt(message(job.deadlineAt()))
                .setAttempt(job.state().attempt())
                .setExternalId(job.state().currentRun().flatMap(Run::externalId).orElse(""))
                .setReason(reason(job))
                .setCancelRequested(job.cancelRequested().isPresent())
                .setEnded(job.state().isEnd());
        job.progress().ifPresent(progress -> {
            message.setProgress(progress.fraction());
            if (job.state() instanceof Running) {
                progress.timeLeft(job.readAt()).ifPresent(left -> message.setTimeLeftMs(left.toMillis()));
            }
        });
        if (job.state() instanceof Published(int _, Publication publication)) {
            message.setModelUri(publication.uri())
                    .setModelVersion(publication.version())
                    .setPromoted(publication.promoted());
        }
        return message.build();
    }

    private static String reason(TrainingJob job) {
        return switch (job.state()) {
            case Stopping(Run _, EndReason reason) -> reason.message();
            case Failed(int _, EndReason reason) -> reason.message();
            case Cancelled(int _, EndReason reason) -> reason.message();
            case Queued _, Dispatched _, Running _, Succeeded _, Published _ -> job.note();
        };
    }

    private static dev.weft.protocol.training.v1.JobSpec message(JobSpec spec) {
        dev.weft.protocol.training.v1.JobSpec.Builder message = dev.weft.protocol.training.v1.JobSpec.newBuilder()
                .setRuntime(spec.runtime())
                .setParameters(Structs.struct(spec.parameters()))
                .setBackend(spec.backend())
                .setResources(message(spec.resources()))
                .setDeadlineMs(spec.deadline().toMillis())
                .setMaxAttempts(spec.maxAttempts())
                .putAllLabels(spec.labels());
        switch (spec.data()) {
            case DataSource.None _ -> {}
            case DataSource.Reference(String uri) -> message.setDataUri(uri);
            // The content itself stays in the database.
            case DataSource.Stored(String fileName, long _) ->
                message.setDataContent(
                        DataContent.newBuilder().setFileName(fileName).setContent(ByteString.EMPTY));
        }
        spec.publish().ifPresent(target -> message.setPublish(message(target)));
        return message.build();
    }

    private static dev.weft.protocol.training.v1.PublishTarget message(PublishTarget target) {
        return dev.weft.protocol.training.v1.PublishTarget.newBuilder()
                .setModel(target.model())
                .setStore(target.store().orElse(""))
                .setMetric(target.metric().orElse(""))
                .setMargin(target.margin())
                .build();
    }

    static dev.weft.protocol.training.v1.Resources message(ResourceRequest resources) {
        return dev.weft.protocol.training.v1.Resources.newBuilder()
                .setCpuMillis(resources.cpuMillis())
                .setMemoryBytes(resources.memoryBytes())
                .setGpus(resources.gpus())
                .build();
    }

    static ResourceRequest resources(dev.weft.protocol.training.v1.Resources message) {
        return new ResourceRequest(message.getCpuMillis(), message.getMemoryBytes(), message.getGpus());
    }

    static Event message(JobEvent event) {
        return Event.newBuilder()
                .setNumber(event.number())
                .setAt(message(event.at()))
                .setAttempt(event.attempt())
                .setType(event.type().code())
                .setMessage(event.message())
                .build();
    }

    static dev.weft.protocol.training.v1.LogLine message(LogLine line) {
        return dev.weft.protocol.training.v1.LogLine.newBuilder()
                .setNumber(line.number())
                .setAt(message(line.at()))
                .setAttempt(line.attempt())
                .setStream(line.stream())
                .setText(line.text())
                .build();
    }

    static Metric message(MetricPoint point) {
        return Metric.newBuilder()
                .setNumber(point.number())
                .setAt(message(point.at()))
                .setAttempt(point.attempt())
                .setStep(point.step())
                .setName(point.name())
                .setValue(point.value())
                .build();
    }

    static HistoryEntry message(JobHistory.Entry entry) {
        return switch (entry) {
            case JobHistory.Happened(JobEvent event) ->
                HistoryEntry.newBuilder().setEvent(message(event)).build();
            case JobHistory.Measured step ->
                HistoryEntry.newBuilder()
                        .setMetrics(StepMetrics.newBuilder()
                                .setNumber(step.number())
                                .setAt(message(step.at()))
                                .setAttempt(step.attempt())
                                .setStep(step.step())
                                .putAllValues(step.values()))
                        .build();
        };
    }

    static Timestamp message(Instant instant) {
        return Timestamp.newBuilder()
                .setSeconds(instant.getEpochSecond())
                .setNanos(instant.getNano())
                .build();
    }
}
