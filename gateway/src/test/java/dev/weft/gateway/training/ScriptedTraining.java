package dev.weft.gateway.training;

import com.google.protobuf.Timestamp;
import com.google.protobuf.Value;
import dev.weft.protocol.training.v1.BuiltInRuntime;
import dev.weft.protocol.training.v1.CancelJobRequest;
import dev.weft.protocol.training.v1.CancelJobResponse;
import dev.weft.protocol.training.v1.Event;
import dev.weft.protocol.training.v1.GetJobRequest;
import dev.weft.protocol.training.v1.GetJobResponse;
import dev.weft.protocol.training.v1.GetRuntimeRequest;
import dev.weft.protocol.training.v1.GetRuntimeResponse;
import dev.weft.protocol.training.v1.HistoryEntry;
import dev.weft.protocol.training.v1.Job;
import dev.weft.protocol.training.v1.JobState;
import dev.weft.protocol.training.v1.ListEventsRequest;
import dev.weft.protocol.training.v1.ListEventsResponse;
import dev.weft.protocol.training.v1.ListHistoryRequest;
import dev.weft.protocol.training.v1.ListHistoryResponse;
import dev.weft.protocol.training.v1.ListJobsRequest;
import dev.weft.protocol.training.v1.ListJobsResponse;
import dev.weft.protocol.training.v1.Parameter;
import dev.weft.protocol.training.v1.Runtime;
import dev.weft.protocol.training.v1.StepMetrics;
import dev.weft.protocol.training.v1.SubmitJobRequest;
import dev.weft.protocol.training.v1.SubmitJobResponse;
import dev.weft.protocol.training.v1.TrainingGrpc.TrainingImplBase;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A training-dispatcher that keeps jobs and runs none; the runtime {@code nothing} is unknown. The name of the model that a job publishes says what has
 * become of it: {@code better…} and {@code worse…} are published, {@code broken…} has failed, all others wait. Each job has {@value #EVENTS} events.
 */
public final class ScriptedTraining extends TrainingImplBase implements QuarkusTestResourceLifecycleManager {

    /** Of each job. */
    static final int EVENTS = 7;

    static final long CREATED_AT = 1_700_000_000L;

    private static final List<String> TYPES =
            List.of("submitted", "dispatched", "attempt-failed", "dispatched", "running", "succeeded", "failed");

    /** In the order of their submission. */
    private final Map<String, Job> jobs = new LinkedHashMap<>();

    private Server server = Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
            .addService(this)
            .addService(ScriptedWorkers.service())
            .build();

    @Override
    public Map<String, String> start() {
        try {
            server = server.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Map.of("weft.gateway.training.target", "127.0.0.1:" + server.getPort());
    }

    @Override
    public void stop() {
        server.shutdownNow();
    }

    /** A runtime as the text classifier is one, with fewer parameters. */
    static Runtime runtime(String name) {
        return Runtime.newBuilder()
                .setName(name)
                .setBuiltIn(BuiltInRuntime.getDefaultInstance())
                .addParameters(parameter("model", Value.newBuilder().setStringValue("all-minilm-l6-v2")))
                .addParameters(parameter("epochs", Value.newBuilder().setNumberValue(200)))
                .addParameters(parameter("batch_size", Value.newBuilder().setNumberValue(32)))
                .addParameters(parameter("learning_rate", Value.newBuilder().setNumberValue(0.03)))
                .addParameters(parameter("l2", Value.newBuilder().setNumberValue(0.01)))
                .addParameters(parameter("seed", Value.newBuilder().setNumberValue(1)))
                .build();
    }

    static Parameter.Builder parameter(String name, Value.Builder fallback) {
        return Parameter.newBuilder().setName(name).setDefaultValue(fallback);
    }

    @Override
    public void getRuntime(GetRuntimeRequest request, StreamObserver<GetRuntimeResponse> observer) {
        answer(
                observer,
                GetRuntimeResponse.newBuilder()
                        .setRuntime(runtime(request.getName()))
                        .build());
    }

    @Override
    public synchronized void submitJob(SubmitJobRequest request, StreamObserver<SubmitJobResponse> observer) {
        if (request.getSpec().getRuntime().equals("nothing")) {
            observer.onError(Status.NOT_FOUND
                    .withDescription("runtime 'nothing' is unknown")
                    .asRuntimeException());
            return;
        }
        String id = request.getIdempotencyKey().isEmpty() ? "job-" + jobs.size() : request.getIdempotencyKey();
        Job before = jobs.get(id);
        if (before != null && !before.getSpec().equals(request.getSpec())) {
            observer.onError(Status.ALREADY_EXISTS
                    .withDescription("the key is another job's")
                    .asRuntimeException());
            return;
        }
        Job job = before == null ? job(id, request) : before;
        jobs.put(id, job);
        answer(
                observer,
                SubmitJobResponse.newBuilder()
                        .setJob(job)
                        .setCreated(before == null)
                        .build());
    }

    private static Job job(String id, SubmitJobRequest request) {
        Job.Builder job = Job.newBuilder()
                .setId(id)
                .setSpec(request.getSpec())
                .setOwner(request.getOwner())
                .setCreatedAt(Timestamp.newBuilder().setSeconds(CREATED_AT))
                .setStateSince(Timestamp.newBuilder().setSeconds(CREATED_AT + 60))
                .setState(JobState.JOB_STATE_QUEUED);
        String model = request.getSpec().getPublish().getModel();
        if (model.startsWith("better") || model.startsWith("worse")) {
            job.setState(JobState.JOB_STATE_PUBLISHED)
                    .setModelVersion("3")
                    .setPromoted(model.startsWith("better"))
                    .setEnded(true);
        } else if (model.startsWith("broken")) {
            job.setState(JobState.JOB_STATE_FAILED)
                    .setReason("train.jsonl: line 3: label: missing")
                    .setEnded(true);
        }
        return job.build();
    }

    @Override
    public synchronized void getJob(GetJobRequest request, StreamObserver<GetJobResponse> observer) {
        Job job = jobs.get(request.getJobId());
        if (job == null) {
            observer.onError(Status.NOT_FOUND.withDescription("unknown").asRuntimeException());
            return;
        }
        answer(observer, GetJobResponse.newBuilder().setJob(job).build());
    }

    @Override
    public synchronized void listJobs(ListJobsRequest request, StreamObserver<ListJobsResponse> observer) {
        List<Job> youngestFirst = new ArrayList<>(jobs.values()).reversed();
        List<Job> found = youngestFirst.stream()
                .skip(youngestFirst.stream().map(Job::getId).toList().indexOf(request.getPageToken()) + 1L)
                .filter(job -> request.getOwner().isEmpty() || job.getOwner().equals(request.getOwner()))
                .filter(job -> job.getSpec()
                        .getLabelsMap()
                        .entrySet()
                        .containsAll(request.getLabelsMap().entrySet()))
                .limit(request.getPageSize())
                .toList();
        answer(observer, ListJobsResponse.newBuilder().addAllJobs(found).build());
    }

    @Override
    public synchronized void cancelJob(CancelJobRequest request, StreamObserver<CancelJobResponse> observer) {
        Job job = jobs.get(request.getJobId());
        if (job == null) {
            observer.onError(Status.NOT_FOUND.withDescription("unknown").asRuntimeException());
            return;
        }
        Job then = job.getEnded()
                ? job
                : job.toBuilder()
                        .setState(JobState.JOB_STATE_CANCELLED)
                        .setReason(request.getReason())
                        .setEnded(true)
                        .build();
        jobs.put(job.getId(), then);
        answer(observer, CancelJobResponse.newBuilder().setJob(then).build());
    }

    @Override
    public void listEvents(ListEventsRequest request, StreamObserver<ListEventsResponse> observer) {
        ListEventsResponse.Builder response = ListEventsResponse.newBuilder();
        for (long number = request.getAfter() + 1;
                number <= EVENTS && response.getEventsCount() < request.getLimit();
                number++) {
            response.addEvents(event(number));
        }
        answer(observer, response.build());
    }

    /** Two steps were measured after the fifth event; the first of them twice. */
    @Override
    public void listHistory(ListHistoryRequest request, StreamObserver<ListHistoryResponse> observer) {
        List<HistoryEntry> newestFirst = new ArrayList<>();
        for (int number = EVENTS; number >= 1; number--) {
            if (number == 5) {
                newestFirst.add(step(3, 2, Map.of("loss", 0.25)));
                Map<String, Double> both = new LinkedHashMap<>();
                both.put("loss", 0.5);
                both.put("validation_loss", 0.75);
                newestFirst.add(step(1, 1, both));
            }
            newestFirst.add(HistoryEntry.newBuilder().setEvent(event(number)).build());
        }
        int from =
                switch (request.getAfterCase()) {
                    case AFTER_EVENT ->
                        newestFirst.indexOf(HistoryEntry.newBuilder()
                                        .setEvent(event(request.getAfterEvent()))
                                        .build())
                                + 1;
                    case AFTER_METRICS ->
                        newestFirst.stream()
                                        .map(entry -> entry.getMetrics().getNumber())
                                        .toList()
                                        .indexOf(request.getAfterMetrics())
                                + 1;
                    case AFTER_NOT_SET -> 0;
                };
        int to = Math.min(newestFirst.size(), from + request.getLimit());
        answer(
                observer,
                ListHistoryResponse.newBuilder()
                        .addAllEntries(newestFirst.subList(from, to))
                        .setHasMore(to < newestFirst.size())
                        .build());
    }

    private static HistoryEntry step(long number, long step, Map<String, Double> values) {
        return HistoryEntry.newBuilder()
                .setMetrics(StepMetrics.newBuilder()
                        .setNumber(number)
                        .setAt(Timestamp.newBuilder().setSeconds(CREATED_AT + 5))
                        .setAttempt(2)
                        .setStep(step)
                        .putAllValues(values))
                .build();
    }

    private static Event event(long number) {
        return Event.newBuilder()
                .setNumber(number)
                .setAt(Timestamp.newBuilder().setSeconds(CREATED_AT + number))
                .setAttempt(1)
                .setType(TYPES.get((int) number - 1))
                .build();
    }

    private static <T> void answer(StreamObserver<T> observer, T answer) {
        observer.onNext(answer);
        observer.onCompleted();
    }
}
