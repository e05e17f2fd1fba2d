package dev.weft.training.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.weft.protocol.training.v1.BeginUploadRequest;
import dev.weft.protocol.training.v1.CancelJobRequest;
import dev.weft.protocol.training.v1.ClaimRequest;
import dev.weft.protocol.training.v1.CommandRuntime;
import dev.weft.protocol.training.v1.CompleteRequest;
import dev.weft.protocol.training.v1.CreateWorkerRequest;
import dev.weft.protocol.training.v1.DataContent;
import dev.weft.protocol.training.v1.DefineRuntimeRequest;
import dev.weft.protocol.training.v1.DeleteRuntimeRequest;
import dev.weft.protocol.training.v1.FetchDataRequest;
import dev.weft.protocol.training.v1.GetJobRequest;
import dev.weft.protocol.training.v1.HistoryEntry;
import dev.weft.protocol.training.v1.Job;
import dev.weft.protocol.training.v1.JobSpec;
import dev.weft.protocol.training.v1.JobState;
import dev.weft.protocol.training.v1.ListBackendsRequest;
import dev.weft.protocol.training.v1.ListHistoryRequest;
import dev.weft.protocol.training.v1.ListHistoryResponse;
import dev.weft.protocol.training.v1.ListJobsRequest;
import dev.weft.protocol.training.v1.ListLogsRequest;
import dev.weft.protocol.training.v1.ListRuntimesRequest;
import dev.weft.protocol.training.v1.Parameter;
import dev.weft.protocol.training.v1.PublishTarget;
import dev.weft.protocol.training.v1.ReportRequest;
import dev.weft.protocol.training.v1.ReportedLine;
import dev.weft.protocol.training.v1.Resources;
import dev.weft.protocol.training.v1.Run;
import dev.weft.protocol.training.v1.Runtime;
import dev.weft.protocol.training.v1.StepMetrics;
import dev.weft.protocol.training.v1.SubmitJobRequest;
import dev.weft.protocol.training.v1.SubmitJobResponse;
import dev.weft.protocol.training.v1.TrainingGrpc;
import dev.weft.protocol.training.v1.TrainingWorkersGrpc;
import dev.weft.protocol.training.v1.UploadRequest;
import dev.weft.protocol.training.v1.WatchJobRequest;
import dev.weft.protocol.training.v1.WatchJobResponse;
import dev.weft.protocol.training.v1.WholeNumber;
import dev.weft.protocol.training.v1.WorkerAdministrationGrpc;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The dispatcher over gRPC, with real processes; {@link TrainingServiceIT} runs the same against the packaged service. */
@QuarkusTest
@QuarkusTestResource(value = DispatcherResource.class, restrictToAnnotatedClass = true)
class TrainingServiceTest {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    /** Tells its progress, measures something, copies its data into its result, and waits where its parameter says so. */
    private static final String PROGRAM = """
            echo '{"type": "progress", "percent": 50, "message": "half"}'
            echo '{"type": "metric", "name": "loss", "value": 0.25, "step": 1}'
            grep -q '"wait" : 1' "$1/job.json" && while :; do sleep 0.1; done
            mkdir "$1/output/package"
            cp "$1"/data/* "$1/output/package/" || exit 65
            echo '{"type": "result", "package": "package", "report": "", "metrics": {"accuracy": 0.9}}'
            """;

    private ManagedChannel channel;
    private TrainingGrpc.TrainingBlockingStub training;

    @BeforeEach
    void connect() {
        channel = ManagedChannelBuilder.forAddress("127.0.0.1", DispatcherResource.grpcPort())
                .usePlaintext()
                .build();
        training = TrainingGrpc.newBlockingStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
        training.defineRuntime(DefineRuntimeRequest.newBuilder()
                .setRuntime(Runtime.newBuilder()
                        .setName("copier")
                        .setCommand(CommandRuntime.newBuilder()
                                .addCommand("sh")
                                .addCommand("-c")
                                .addCommand(PROGRAM)
                                .addCommand("copier"))
                        .addParameters(Parameter.newBuilder()
                                .setName("wait")
                                .setWhole(WholeNumber.newBuilder().setLeast(0).setMost(1))
                                .setDefaultValue(Value.newBuilder().setNumberValue(0))))
                .build());
    }

    @AfterEach
    void disconnect() {
        channel.shutdownNow();
    }

    private static JobSpec.Builder spec() {
        return JobSpec.newBuilder()
                .setRuntime("copier")
                .setDataContent(DataContent.newBuilder()
                        .setFileName("intents.csv")
                        .setContent(ByteString.copyFromUtf8("lost my card,card\n")));
    }

    private static JobSpec.Builder waiting() {
        return spec().setParameters(Struct.newBuilder()
                .putFields("wait", Value.newBuilder().setNumberValue(1).build()));
    }

    private Job submit(JobSpec.Builder spec) {
        return training.submitJob(SubmitJobRequest.newBuilder()
                        .setSpec(spec)
                        .setOwner("payments")
                        .build())
                .getJob();
    }

    private Job job(String id) {
        return training.getJob(GetJobRequest.newBuilder().setJobId(id).build()).getJob();
    }

    private Job awaitState(String id, JobState state) {
        await().atMost(LIMIT).untilAsserted(() -> assertThat(job(id).getState()).isEqualTo(state));
        return job(id);
    }

    private List<WatchJobResponse> watch(WatchJobRequest.Builder request) {
        Iterator<WatchJobResponse> responses = training.watchJob(request.build());
        List<WatchJobResponse> all = new ArrayList<>();
        responses.forEachRemaining(all::add);
        return all;
    }

    private static void assertRefused(ThrowingCallable call, Status.Code code, String message) {
        assertThatThrownBy(call).isInstanceOfSatisfying(StatusRuntimeException.class, e -> {
            assertThat(e.getStatus().getCode()).as(e.getMessage()).isEqualTo(code);
            assertThat(String.valueOf(e.getStatus().getDescription())).contains(message);
        });
    }

    @Test
    void jobIsTrainedPublishedAndWatched() {
        Job submitted = submit(spec().setPublish(PublishTarget.newBuilder()
                .setModel("intents")
                .setStore("pg")
                .setMetric("accuracy")));

        List<WatchJobResponse> seen = watch(WatchJobRequest.newBuilder()
                .setJobId(submitted.getId())
                .setWithLogs(true)
                .setWithMetrics(true));

        Job last = seen.getLast().getJob();
        assertThat(last.getState()).as(last.getReason()).isEqualTo(JobState.JOB_STATE_PUBLISHED);
        assertThat(last.getModelUri()).startsWith("pg:intents@");
        assertThat(seen)
                .filteredOn(WatchJobResponse::hasEvent)
                .extracting(one -> one.getEvent().getType())
                .containsSubsequence("submitted", "dispatched", "accepted", "report", "succeeded", "published");
        assertThat(seen)
                .filteredOn(WatchJobResponse::hasLog)
                .extracting(one -> one.getLog().getText())
                .containsExactly("half");
        assertThat(seen)
                .filteredOn(WatchJobResponse::hasMetric)
                .extracting(one -> one.getMetric().getValue())
                .containsExactly(0.25);
    }

    @Test
    void watcherGoesOnWhereHeWas() {
        Job submitted = submit(spec());
        awaitState(submitted.getId(), JobState.JOB_STATE_SUCCEEDED);

        List<WatchJobResponse> rest =
                watch(WatchJobRequest.newBuilder().setJobId(submitted.getId()).setAfterEvent(3));

        assertThat(rest)
                .filteredOn(WatchJobResponse::hasEvent)
                .extracting(one -> one.getEvent().getNumber())
                .startsWith(4L)
                .isSorted();
    }

    @Test
    void historyIsEventsAndMeasuredStepsInPages() {
        String job = submit(spec()).getId();
        awaitState(job, JobState.JOB_STATE_SUCCEEDED);

        ListHistoryResponse whole = training.listHistory(
                ListHistoryRequest.newBuilder().setJobId(job).build());
        StepMetrics step = whole.getEntriesList().stream()
                .filter(HistoryEntry::hasMetrics)
                .map(HistoryEntry::getMetrics)
                .findFirst()
                .orElseThrow();
        ListHistoryResponse older = training.listHistory(ListHistoryRequest.newBuilder()
                .setJobId(job)
                .setAfterMetrics(step.getNumber())
                .setLimit(1)
                .build());

        assertThat(whole.getHasMore()).isFalse();
        assertThat(whole.getEntries(0).getEvent().getType()).isEqualTo("succeeded");
        assertThat(step.getValuesMap()).containsValue(0.25);
        assertThat(older.getEntriesList())
                .containsExactly(whole.getEntries(whole.getEntriesList()
                                .indexOf(HistoryEntry.newBuilder()
                                        .setMetrics(step)
                                        .build())
                        + 1));
        assertThat(older.getHasMore()).isTrue();
        assertRefused(
                () -> training.listHistory(
                        ListHistoryRequest.newBuilder().setJobId("t-1").build()),
                Status.Code.NOT_FOUND,
                "t-1");
    }

    @Test
    void runningJobIsCancelled() {
        Job submitted = submit(waiting());
        Job running = awaitState(submitted.getId(), JobState.JOB_STATE_RUNNING);

        training.cancelJob(CancelJobRequest.newBuilder()
                .setJobId(submitted.getId())
                .setReason("wrong data")
                .build());

        Job cancelled = awaitState(submitted.getId(), JobState.JOB_STATE_CANCELLED);
        assertThat(running.getExternalId()).startsWith("pid ");
        assertThat(cancelled.getReason()).isEqualTo("cancelled: wrong data");
        assertThat(cancelled.getEnded()).isTrue();
    }

    @Test
    void jobIsEndedAtItsDeadline() {
        Job submitted = submit(waiting().setDeadlineMs(1500));

        Job failed = awaitState(submitted.getId(), JobState.JOB_STATE_FAILED);

        assertThat(failed.getReason()).contains("not ended within");
    }

    @Test
    void sameKeyIsTheSameJob() {
        SubmitJobRequest request = SubmitJobRequest.newBuilder()
                .setSpec(spec())
                .setOwner("payments")
                .setIdempotencyKey(UUID.randomUUID().toString())
                .build();

        SubmitJobResponse first = training.submitJob(request);
        SubmitJobResponse second = training.submitJob(request);

        assertThat(first.getCreated()).isTrue();
        assertThat(second.getCreated()).isFalse();
        assertThat(second.getJob().getId()).isEqualTo(first.getJob().getId());
        assertRefused(
                () -> training.submitJob(request.toBuilder().setSpec(waiting()).build()),
                Status.Code.ALREADY_EXISTS,
                first.getJob().getId());
    }

    @Test
    void whatCannotBeIsRefusedWithItsReason() {
        assertRefused(() -> submit(spec().setRuntime("nothing")), Status.Code.NOT_FOUND, "text-classifier");
        assertRefused(() -> submit(spec().setBackend("moon")), Status.Code.NOT_FOUND, "local");
        assertRefused(
                () -> submit(spec().setParameters(Struct.newBuilder()
                        .putFields("wait", Value.newBuilder().setNumberValue(7).build()))),
                Status.Code.INVALID_ARGUMENT,
                "a whole number from 0 to 1");
        assertRefused(() -> submit(spec().setMaxAttempts(1000)), Status.Code.INVALID_ARGUMENT, "max_attempts");
        assertRefused(() -> job("t-1"), Status.Code.NOT_FOUND, "t-1");
        assertRefused(() -> watch(WatchJobRequest.newBuilder().setJobId("t-1")), Status.Code.NOT_FOUND, "t-1");
        assertRefused(
                () -> training.deleteRuntime(DeleteRuntimeRequest.newBuilder()
                        .setName("text-classifier")
                        .build()),
                Status.Code.FAILED_PRECONDITION,
                "built in");
    }

    @Test
    void runtimesBackendsAndJobsAreListed() {
        Job submitted = submit(spec().putLabels("team", "cards"));

        assertThat(training.listRuntimes(ListRuntimesRequest.getDefaultInstance())
                        .getRuntimesList())
                .extracting(Runtime::getName)
                .contains("copier", "text-classifier");
        assertThat(training.listBackends(ListBackendsRequest.getDefaultInstance())
                        .getBackendsList())
                .extracting(backend -> backend.getName())
                .containsExactly("local", "worker");
        assertThat(training.listJobs(ListJobsRequest.newBuilder()
                                .putLabels("team", "cards")
                                .build())
                        .getJobsList())
                .extracting(Job::getId)
                .contains(submitted.getId());
    }

    @Test
    void workerTakesAJobAndSendsItsResult() throws Exception {
        String token = WorkerAdministrationGrpc.newBlockingStub(channel)
                .createWorker(CreateWorkerRequest.newBuilder()
                        .setName("w" + UUID.randomUUID())
                        .build())
                .getToken();
        TrainingWorkersGrpc.TrainingWorkersBlockingStub worker = workerStub(token);
        Job submitted = submit(spec().setBackend("worker")
                .setPublish(PublishTarget.newBuilder().setModel("remote").setStore("pg")));

        Run run = await().atMost(LIMIT)
                .until(
                        () -> worker.claim(ClaimRequest.newBuilder()
                                .setResources(Resources.newBuilder().setMemoryBytes(8L << 30))
                                .build()),
                        response -> response.hasRun())
                .getRun();
        ByteString data = worker.fetchData(FetchDataRequest.newBuilder()
                        .setRunId(run.getRunId())
                        .setLeaseToken(run.getLeaseToken())
                        .build())
                .getContent();
        worker.report(ReportRequest.newBuilder()
                .setRunId(run.getRunId())
                .setLeaseToken(run.getLeaseToken())
                .setNumber(1)
                .addLines(ReportedLine.newBuilder().setStream("stdout").setText("from afar"))
                .setProgress(0.5)
                .build());
        sendFile(worker, run, data);
        worker.complete(CompleteRequest.newBuilder()
                .setRunId(run.getRunId())
                .setLeaseToken(run.getLeaseToken())
                .putMetrics("accuracy", 0.9)
                .build());

        Job published = awaitState(submitted.getId(), JobState.JOB_STATE_PUBLISHED);
        assertThat(data.toStringUtf8()).isEqualTo("lost my card,card\n");
        assertThat(published.getModelUri()).startsWith("pg:remote@");
        assertThat(training.listLogs(ListLogsRequest.newBuilder()
                                .setJobId(submitted.getId())
                                .build())
                        .getLinesList())
                .extracting(line -> line.getText())
                .containsExactly("from afar");
    }

    private static void sendFile(TrainingWorkersGrpc.TrainingWorkersBlockingStub worker, Run run, ByteString content)
            throws Exception {
        worker.beginUpload(BeginUploadRequest.newBuilder()
                .setRunId(run.getRunId())
                .setLeaseToken(run.getLeaseToken())
                .setPath("config.json")
                .setSizeBytes(content.size())
                .setSha256(HexFormat.of()
                        .formatHex(MessageDigest.getInstance("SHA-256").digest(content.toByteArray())))
                .build());
        worker.upload(UploadRequest.newBuilder()
                .setRunId(run.getRunId())
                .setLeaseToken(run.getLeaseToken())
                .setPath("config.json")
                .setContent(content)
                .build());
    }

    private TrainingWorkersGrpc.TrainingWorkersBlockingStub workerStub(String token) {
        Metadata metadata = new Metadata();
        metadata.put(Metadata.Key.of("weft-worker-token", Metadata.ASCII_STRING_MARSHALLER), token);
        return TrainingWorkersGrpc.newBlockingStub(channel)
                .withDeadlineAfter(60, TimeUnit.SECONDS)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata));
    }

    @Test
    void nobodyClaimsWithoutAToken() {
        ClaimRequest claim = ClaimRequest.getDefaultInstance();

        assertRefused(
                () -> TrainingWorkersGrpc.newBlockingStub(channel).claim(claim),
                Status.Code.UNAUTHENTICATED,
                "weft-worker-token");
        assertRefused(() -> workerStub("wtw_guess").claim(claim), Status.Code.UNAUTHENTICATED, "unknown token");
    }
}
