package dev.weft.gateway.training;

import com.google.protobuf.ByteString;
import dev.weft.protocol.training.v1.BeginUploadRequest;
import dev.weft.protocol.training.v1.BeginUploadResponse;
import dev.weft.protocol.training.v1.ClaimRequest;
import dev.weft.protocol.training.v1.ClaimResponse;
import dev.weft.protocol.training.v1.FetchDataRequest;
import dev.weft.protocol.training.v1.FetchDataResponse;
import dev.weft.protocol.training.v1.HeartbeatRequest;
import dev.weft.protocol.training.v1.HeartbeatResponse;
import dev.weft.protocol.training.v1.Run;
import dev.weft.protocol.training.v1.TrainingWorkersGrpc.TrainingWorkersImplBase;
import dev.weft.protocol.training.v1.UploadRequest;
import dev.weft.protocol.training.v1.UploadResponse;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.atomic.AtomicInteger;

/** The workers' side of a training-dispatcher: the first claim finds nothing, the second a run; the runs of lease 9 are somebody else's. */
final class ScriptedWorkers extends TrainingWorkersImplBase {

    static final String TOKEN = "wtw_" + "a".repeat(43);

    /** More than a piece, so that it takes several. */
    static final ByteString DATA = ByteString.copyFrom(new byte[(5 << 20) / 2]);

    private static final int LATE = 9;
    private static final Context.Key<String> SHOWN = Context.key("shown");

    private final AtomicInteger claims = new AtomicInteger();
    private ByteString uploaded = ByteString.EMPTY;

    static ServerServiceDefinition service() {
        return ServerInterceptors.intercept(new ScriptedWorkers(), new ServerInterceptor() {
            @Override
            public <Q, R> ServerCall.Listener<Q> interceptCall(
                    ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
                String shown = headers.get(Metadata.Key.of("weft-worker-token", Metadata.ASCII_STRING_MARSHALLER));
                return Contexts.interceptCall(
                        Context.current().withValue(SHOWN, shown == null ? "" : shown), call, headers, next);
            }
        });
    }

    @Override
    public void claim(ClaimRequest request, StreamObserver<ClaimResponse> observer) {
        if (!SHOWN.get().equals(TOKEN)) {
            observer.onError(
                    Status.UNAUTHENTICATED.withDescription("unknown token").asRuntimeException());
            return;
        }
        ClaimResponse.Builder response = ClaimResponse.newBuilder();
        if (claims.getAndIncrement() > 0) {
            response.setRun(Run.newBuilder().setRunId("run-1").setLeaseToken(3));
        }
        answer(observer, response.build());
    }

    @Override
    public void heartbeat(HeartbeatRequest request, StreamObserver<HeartbeatResponse> observer) {
        if (request.getLeaseToken() == LATE) {
            observer.onError(Status.ABORTED.withDescription("not yours").asRuntimeException());
            return;
        }
        answer(
                observer,
                HeartbeatResponse.newBuilder()
                        .setStop(request.getRunId().equals("run-2"))
                        .build());
    }

    @Override
    public void fetchData(FetchDataRequest request, StreamObserver<FetchDataResponse> observer) {
        int from = (int) request.getOffset();
        int to = Math.min(DATA.size(), from + request.getLimitBytes());
        answer(
                observer,
                FetchDataResponse.newBuilder()
                        .setContent(DATA.substring(from, to))
                        .build());
    }

    @Override
    public synchronized void beginUpload(BeginUploadRequest request, StreamObserver<BeginUploadResponse> observer) {
        answer(
                observer,
                BeginUploadResponse.newBuilder().setOffset(uploaded.size()).build());
    }

    @Override
    public synchronized void upload(UploadRequest request, StreamObserver<UploadResponse> observer) {
        if (request.getOffset() != uploaded.size()) {
            observer.onError(Status.FAILED_PRECONDITION
                    .withDescription("offset: expected " + uploaded.size())
                    .asRuntimeException());
            return;
        }
        uploaded = uploaded.concat(request.getContent());
        answer(observer, UploadResponse.newBuilder().setOffset(uploaded.size()).build());
    }

    private static <T> void answer(StreamObserver<T> observer, T answer) {
        observer.onNext(answer);
        observer.onCompleted();
    }
}
