package dev.weft.training.rpc;

import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.rpc.UnaryCalls;
import dev.weft.protocol.training.v1.Backend;
import dev.weft.protocol.training.v1.CancelJobRequest;
import dev.weft.protocol.training.v1.CancelJobResponse;
import dev.weft.protocol.training.v1.DefineRuntimeRequest;
import dev.weft.protocol.training.v1.DefineRuntimeResponse;
import dev.weft.protocol.training.v1.DeleteRuntimeRequest;
import dev.weft.protocol.training.v1.DeleteRuntimeResponse;
import dev.weft.protocol.training.v1.GetJobRequest;
import dev.weft.protocol.training.v1.GetJobResponse;
import dev.weft.protocol.training.v1.GetRuntimeRequest;
import dev.weft.protocol.training.v1.GetRuntimeResponse;
import dev.weft.protocol.training.v1.JobState;
import dev.weft.protocol.training.v1.ListBackendsRequest;
import dev.weft.protocol.training.v1.ListBackendsResponse;
import dev.weft.protocol.training.v1.ListEventsRequest;
import dev.weft.protocol.training.v1.ListEventsResponse;
import dev.weft.protocol.training.v1.ListHistoryRequest;
import dev.weft.protocol.training.v1.ListHistoryResponse;
import dev.weft.protocol.training.v1.ListJobsRequest;
import dev.weft.protocol.training.v1.ListJobsResponse;
import dev.weft.protocol.training.v1.ListLogsRequest;
import dev.weft.protocol.training.v1.ListLogsResponse;
import dev.weft.protocol.training.v1.ListMetricsRequest;
import dev.weft.protocol.training.v1.ListMetricsResponse;
import dev.weft.protocol.training.v1.ListRuntimesRequest;
import dev.weft.protocol.training.v1.ListRuntimesResponse;
import dev.weft.protocol.training.v1.SubmitJobRequest;
import dev.weft.protocol.training.v1.SubmitJobResponse;
import dev.weft.protocol.training.v1.TrainingGrpc;
import dev.weft.protocol.training.v1.WatchJobRequest;
import dev.weft.protocol.training.v1.WatchJobResponse;
import dev.weft.training.dispatch.Backends;
import dev.weft.training.job.JobFilter;
import dev.weft.training.job.JobHistory;
import dev.weft.training.job.JobId;
import dev.weft.training.job.JobJournal;
import dev.weft.training.job.TrainingJob;
import dev.weft.training.job.TrainingJobRepository;
import dev.weft.training.job.TrainingJobRepository.Submitted;
import dev.weft.training.runtime.RuntimeRepository;
import dev.weft.training.runtime.TrainingRuntime;
import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;
import java.util.List;
import java.util.Optional;

/** Training jobs and runtimes, for clients. */
@GrpcService
public class TrainingService extends TrainingGrpc.TrainingImplBase {

    private static final int DEFAULT_PAGE = 50;

    private final UnaryCalls calls;
    private final Submissions submissions;
    private final TrainingJobRepository jobs;
    private final JobJournal journal;
    private final JobWatches watches;
    private final RuntimeRepository runtimes;
    private final Backends backends;

    TrainingService(
            UnaryCalls calls,
            Submissions submissions,
            TrainingJobRepository jobs,
            JobJournal journal,
            JobWatches watches,
            RuntimeRepository runtimes,
            Backends backends) {
        this.calls = calls;
        this.submissions = submissions;
        this.jobs = jobs;
        this.journal = journal;
        this.watches = watches;
        this.runtimes = runtimes;
        this.backends = backends;
    }

    @Override
    public void submitJob(SubmitJobRequest request, StreamObserver<SubmitJobResponse> observer) {
        calls.answer("SubmitJob", observer, () -> {
            Submitted submitted = submissions.submit(request);
            return SubmitJobResponse.newBuilder()
                    .setJob(JobMessages.message(submitted.job()))
                    .setCreated(submitted.created())
                    .build();
        });
    }

    @Override
    public void getJob(GetJobRequest request, StreamObserver<GetJobResponse> observer) {
        calls.answer("GetJob", observer, () -> GetJobResponse.newBuilder()
                .setJob(JobMessages.message(jobs.get(new JobId(request.getJobId()))))
                .build());
    }

    @Override
    public void listJobs(ListJobsRequest request, StreamObserver<ListJobsResponse> observer) {
        calls.answer("ListJobs", observer, () -> {
            JobFilter filter = filter(request);
            List<TrainingJob> page = jobs.list(filter);
            ListJobsResponse.Builder response = ListJobsResponse.newBuilder();
            page.forEach(job -> response.addJobs(JobMessages.message(job)));
            if (page.size() == filter.limit()) {
                response.setNextPageToken(page.getLast().id().value());
            }
            return response.build();
        });
    }

    private static JobFilter filter(ListJobsRequest request) {
        return new JobFilter(
                text(request.getOwner()),
                request.getStatesList().stream().map(TrainingService::code).toList(),
                request.getLabelsMap(),
                text(request.getPageToken()),
                request.getPageSize() == 0 ? DEFAULT_PAGE : request.getPageSize());
    }

    private static String code(JobState state) {
        return switch (state) {
            case JOB_STATE_QUEUED -> "QUEUED";
            case JOB_STATE_DISPATCHED -> "DISPATCHED";
            case JOB_STATE_RUNNING -> "RUNNING";
            case JOB_STATE_STOPPING -> "STOPPING";
            case JOB_STATE_SUCCEEDED -> "SUCCEEDED";
            case JOB_STATE_PUBLISHED -> "PUBLISHED";
            case JOB_STATE_FAILED -> "FAILED";
            case JOB_STATE_CANCELLED -> "CANCELLED";
            case JOB_STATE_UNSPECIFIED, UNRECOGNIZED ->
                throw new InvalidArgument("states: " + state + " (expected: states of jobs)");
        };
    }

    @Override
    public void cancelJob(CancelJobRequest request, StreamObserver<CancelJobResponse> observer) {
        calls.answer("CancelJob", observer, () -> CancelJobResponse.newBuilder()
                .setJob(JobMessages.message(jobs.requestCancel(new JobId(request.getJobId()), request.getReason())))
                .build());
    }

    @Override
    public void watchJob(WatchJobRequest request, StreamObserver<WatchJobResponse> observer) {
        watches.begin(request, observer);
    }

    @Override
    public void listEvents(ListEventsRequest request, StreamObserver<ListEventsResponse> observer) {
        calls.answer("ListEvents", observer, () -> {
            JobId job = existing(request.getJobId());
            ListEventsResponse.Builder response = ListEventsResponse.newBuilder();
            journal.events(job, request.getAfter(), limit(request.getLimit()))
                    .forEach(event -> response.addEvents(JobMessages.message(event)));
            return response.build();
        });
    }

    @Override
    public void listLogs(ListLogsRequest request, StreamObserver<ListLogsResponse> observer) {
        calls.answer("ListLogs", observer, () -> {
            JobId job = existing(request.getJobId());
            ListLogsResponse.Builder response = ListLogsResponse.newBuilder();
            journal.logs(job, request.getAfter(), limit(request.getLimit()))
                    .forEach(line -> response.addLines(JobMessages.message(line)));
            return response.build();
        });
    }

    @Override
    public void listMetrics(ListMetricsRequest request, StreamObserver<ListMetricsResponse> observer) {
        calls.answer("ListMetrics", observer, () -> {
            JobId job = existing(request.getJobId());
            ListMetricsResponse.Builder response = ListMetricsResponse.newBuilder();
            journal.metrics(job, request.getAfter(), limit(request.getLimit()))
                    .forEach(point -> response.addMetrics(JobMessages.message(point)));
            return response.build();
        });
    }

    @Override
    public void listHistory(ListHistoryRequest request, StreamObserver<ListHistoryResponse> observer) {
        calls.answer("ListHistory", observer, () -> {
            JobHistory.After after =
                    switch (request.getAfterCase()) {
                        case AFTER_EVENT -> new JobHistory.AfterEvent(request.getAfterEvent());
                        case AFTER_METRICS -> new JobHistory.AfterMetrics(request.getAfterMetrics());
                        case AFTER_NOT_SET -> new JobHistory.Newest();
                    };
            JobHistory page = journal.history(existing(request.getJobId()), after, limit(request.getLimit()));
            ListHistoryResponse.Builder response =
                    ListHistoryResponse.newBuilder().setHasMore(page.hasMore());
            page.entries().forEach(entry -> response.addEntries(JobMessages.message(entry)));
            return response.build();
        });
    }

    private JobId existing(String id) {
        return jobs.get(new JobId(id)).id();
    }

    private static int limit(int wanted) {
        return wanted == 0 ? JobJournal.MAX_ROWS : wanted;
    }

    @Override
    public void listRuntimes(ListRuntimesRequest request, StreamObserver<ListRuntimesResponse> observer) {
        calls.answer("ListRuntimes", observer, () -> {
            ListRuntimesResponse.Builder response = ListRuntimesResponse.newBuilder();
            runtimes.all().forEach(runtime -> response.addRuntimes(RuntimeMessages.message(runtime)));
            return response.build();
        });
    }

    @Override
    public void getRuntime(GetRuntimeRequest request, StreamObserver<GetRuntimeResponse> observer) {
        calls.answer("GetRuntime", observer, () -> GetRuntimeResponse.newBuilder()
                .setRuntime(RuntimeMessages.message(runtimes.get(request.getName())))
                .build());
    }

    @Override
    public void defineRuntime(DefineRuntimeRequest request, StreamObserver<DefineRuntimeResponse> observer) {
        calls.answer("DefineRuntime", observer, () -> {
            TrainingRuntime runtime = RuntimeMessages.runtime(request.getRuntime());
            runtimes.define(runtime);
            return DefineRuntimeResponse.newBuilder()
                    .setRuntime(RuntimeMessages.message(runtime))
                    .build();
        });
    }

    @Override
    public void deleteRuntime(DeleteRuntimeRequest request, StreamObserver<DeleteRuntimeResponse> observer) {
        calls.answer("DeleteRuntime", observer, () -> {
            runtimes.delete(request.getName());
            return DeleteRuntimeResponse.getDefaultInstance();
        });
    }

    @Override
    public void listBackends(ListBackendsRequest request, StreamObserver<ListBackendsResponse> observer) {
        calls.answer("ListBackends", observer, () -> {
            ListBackendsResponse.Builder response = ListBackendsResponse.newBuilder();
            backends.names()
                    .forEach(name -> response.addBackends(Backend.newBuilder().setName(name)));
            return response.build();
        });
    }

    private static Optional<String> text(String value) {
        return value.isEmpty() ? Optional.empty() : Optional.of(value);
    }
}
