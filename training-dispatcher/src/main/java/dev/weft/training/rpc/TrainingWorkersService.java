package dev.weft.training.rpc;

import com.google.protobuf.ByteString;
import dev.weft.kit.error.Failure.Aborted;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.NotFound;
import dev.weft.kit.error.Failure.Unauthenticated;
import dev.weft.kit.rpc.UnaryCalls;
import dev.weft.protocol.training.v1.BeginUploadRequest;
import dev.weft.protocol.training.v1.BeginUploadResponse;
import dev.weft.protocol.training.v1.ClaimRequest;
import dev.weft.protocol.training.v1.ClaimResponse;
import dev.weft.protocol.training.v1.CompleteRequest;
import dev.weft.protocol.training.v1.CompleteResponse;
import dev.weft.protocol.training.v1.FailRequest;
import dev.weft.protocol.training.v1.FailResponse;
import dev.weft.protocol.training.v1.FetchDataRequest;
import dev.weft.protocol.training.v1.FetchDataResponse;
import dev.weft.protocol.training.v1.HeartbeatRequest;
import dev.weft.protocol.training.v1.HeartbeatResponse;
import dev.weft.protocol.training.v1.ReportRequest;
import dev.weft.protocol.training.v1.ReportResponse;
import dev.weft.protocol.training.v1.Run;
import dev.weft.protocol.training.v1.TrainingWorkersGrpc;
import dev.weft.protocol.training.v1.UploadRequest;
import dev.weft.protocol.training.v1.UploadResponse;
import dev.weft.store.Manifest;
import dev.weft.training.backend.worker.WorkerRepository;
import dev.weft.training.backend.worker.WorkerRuns;
import dev.weft.training.backend.worker.WorkerRuns.HeldRun;
import dev.weft.training.backend.worker.WorkerRuns.Offer;
import dev.weft.training.backend.worker.WorkerUploads;
import dev.weft.training.job.RunKey;
import dev.weft.training.job.RunOutput;
import dev.weft.training.job.TrainingJobRepository;
import dev.weft.training.runtime.RuntimeJson;
import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;
import io.quarkus.grpc.RegisterInterceptor;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** What machines that pull work call. */
@GrpcService
@RegisterInterceptor(WorkerTokenInterceptor.class)
public class TrainingWorkersService extends TrainingWorkersGrpc.TrainingWorkersImplBase {

    private static final int DATA_PIECE = 1 << 20;
    private static final int MAX_REPORTED = 10_000;

    private final UnaryCalls calls;
    private final WorkerRepository workers;
    private final WorkerRuns runs;
    private final WorkerUploads uploads;
    private final TrainingJobRepository jobs;

    TrainingWorkersService(
            UnaryCalls calls,
            WorkerRepository workers,
            WorkerRuns runs,
            WorkerUploads uploads,
            TrainingJobRepository jobs) {
        this.calls = calls;
        this.workers = workers;
        this.runs = runs;
        this.uploads = uploads;
        this.jobs = jobs;
    }

    private String worker() {
        String token = WorkerTokenInterceptor.token();
        if (token.isEmpty()) {
            throw new Unauthenticated("weft-worker-token: none (expected: a worker's token)");
        }
        return workers.authenticate(token);
    }

    private HeldRun held(String run, long token) {
        String worker = worker();
        RunKey key =
                RunKey.parse(run).orElseThrow(() -> new Aborted("run: '" + run + "' (expected: one that was claimed)"));
        return new HeldRun(worker, key, token);
    }

    @Override
    public void claim(ClaimRequest request, StreamObserver<ClaimResponse> observer) {
        calls.answer("Claim", observer, () -> {
            Optional<Offer> offer =
                    runs.claim(worker(), request.getRuntimesList(), JobMessages.resources(request.getResources()));
            ClaimResponse.Builder response = ClaimResponse.newBuilder();
            offer.ifPresent(one -> response.setRun(run(one)));
            return response.build();
        });
    }

    private Run run(Offer offer) {
        Run.Builder run = Run.newBuilder()
                .setRunId(offer.key().toString())
                .setJobId(offer.key().job().value())
                .setAttempt(offer.key().attempt())
                .setLeaseToken(offer.token())
                .setLeaseMs(runs.term().toMillis())
                .setRuntime(RuntimeMessages.message(RuntimeJson.read(offer.runtimeDefinition())))
                .setParameters(Structs.struct(offer.parameters()))
                .setResources(JobMessages.message(offer.resources()))
                .setDataSizeBytes(offer.dataBytes())
                .setDeadlineAt(JobMessages.message(offer.deadlineAt()));
        offer.dataUri().ifPresent(run::setDataUri);
        offer.dataFile().ifPresent(run::setDataFileName);
        return run.build();
    }

    @Override
    public void heartbeat(HeartbeatRequest request, StreamObserver<HeartbeatResponse> observer) {
        calls.answer("Heartbeat", observer, () -> HeartbeatResponse.newBuilder()
                .setStop(runs.heartbeat(held(request.getRunId(), request.getLeaseToken())))
                .setLeaseMs(runs.term().toMillis())
                .build());
    }

    @Override
    public void report(ReportRequest request, StreamObserver<ReportResponse> observer) {
        calls.answer("Report", observer, () -> {
            HeldRun run = held(request.getRunId(), request.getLeaseToken());
            return ReportResponse.newBuilder()
                    .setStop(runs.report(run, request.getNumber(), output(request)))
                    .build();
        });
    }

    private static RunOutput output(ReportRequest request) {
        if (request.getLinesCount() > MAX_REPORTED
                || request.getMetricsCount() > MAX_REPORTED
                || request.getNumber() < 1) {
            throw new InvalidArgument("report " + request.getNumber() + ": " + request.getLinesCount() + " lines and "
                    + request.getMetricsCount() + " metrics (expected: a number from 1, at most " + MAX_REPORTED
                    + " of each)");
        }
        if (request.hasProgress() && !(request.getProgress() >= 0 && request.getProgress() <= 1)) {
            throw new InvalidArgument("progress: " + request.getProgress() + " (expected: 0 to 1)");
        }
        List<RunOutput.Line> lines = request.getLinesList().stream()
                .map(line ->
                        new RunOutput.Line(line.getStream().equals("stderr") ? "stderr" : "stdout", line.getText()))
                .toList();
        List<RunOutput.Figure> figures = request.getMetricsList().stream()
                .map(metric -> new RunOutput.Figure(metric.getStep(), metric.getName(), metric.getValue()))
                .toList();
        return new RunOutput(
                lines,
                figures,
                List.of(),
                request.hasProgress() ? OptionalDouble.of(request.getProgress()) : OptionalDouble.empty(),
                Optional.empty());
    }

    @Override
    public void fetchData(FetchDataRequest request, StreamObserver<FetchDataResponse> observer) {
        calls.answer("FetchData", observer, () -> {
            HeldRun run = held(request.getRunId(), request.getLeaseToken());
            runs.heartbeat(run);
            byte[] data = jobs.data(run.key().job()).orElseThrow(() -> new NotFound("data: none came with the job"));
            int limit = request.getLimitBytes() == 0 ? DATA_PIECE : request.getLimitBytes();
            if (request.getOffset() < 0 || request.getOffset() > data.length || limit < 1 || limit > DATA_PIECE) {
                throw new InvalidArgument("offset: " + request.getOffset() + ", limit_bytes: " + limit
                        + " (expected: an offset up to " + data.length + ", at most " + DATA_PIECE + " bytes)");
            }
            int from = (int) request.getOffset();
            return FetchDataResponse.newBuilder()
                    .setContent(ByteString.copyFrom(data, from, Math.min(limit, data.length - from)))
                    .build();
        });
    }

    @Override
    public void beginUpload(BeginUploadRequest request, StreamObserver<BeginUploadResponse> observer) {
        calls.answer("BeginUpload", observer, () -> {
            HeldRun run = held(request.getRunId(), request.getLeaseToken());
            Manifest.Entry file = new Manifest.Entry(request.getPath(), request.getSizeBytes(), request.getSha256());
            return BeginUploadResponse.newBuilder()
                    .setOffset(uploads.begin(run, file))
                    .build();
        });
    }

    @Override
    public void upload(UploadRequest request, StreamObserver<UploadResponse> observer) {
        calls.answer("Upload", observer, () -> {
            HeldRun run = held(request.getRunId(), request.getLeaseToken());
            long offset = uploads.append(
                    run,
                    request.getPath(),
                    request.getOffset(),
                    request.getContent().toByteArray());
            return UploadResponse.newBuilder().setOffset(offset).build();
        });
    }

    @Override
    public void complete(CompleteRequest request, StreamObserver<CompleteResponse> observer) {
        calls.answer("Complete", observer, () -> {
            uploads.complete(held(request.getRunId(), request.getLeaseToken()), request.getMetricsMap());
            return CompleteResponse.getDefaultInstance();
        });
    }

    @Override
    public void fail(FailRequest request, StreamObserver<FailResponse> observer) {
        calls.answer("Fail", observer, () -> {
            HeldRun run = held(request.getRunId(), request.getLeaseToken());
            if (request.getGivenBack()) {
                runs.giveBack(run, request.getReason());
            } else {
                runs.fail(run, request.getReason(), request.getRetryable());
            }
            return FailResponse.getDefaultInstance();
        });
    }
}
