package dev.weft.bench;

import dev.weft.bench.Requests.Prepared;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceStub;
import dev.weft.protocol.inference.ModelInferResponse;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** V2 over gRPC, at inference-service or at the gateway; waiting for each answer, or sending without waiting. */
final class GrpcTarget implements Target, OpenLoop.Sender {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int MAX_FAILURES = 10;

    private final String label;
    private final Endpoint endpoint;
    private final List<ManagedChannel> channels;
    private final List<Prepared> requests;
    private final Map<String, Long> failures = new ConcurrentHashMap<>();

    /** One connection, as a client has. */
    GrpcTarget(Endpoint endpoint, List<Prepared> requests) {
        this(endpoint, requests, 1);
    }

    /** Several connections: a server allows a connection about a hundred calls at a time, and the rest would wait here. */
    GrpcTarget(Endpoint endpoint, List<Prepared> requests, int connections) {
        this.label = endpoint.service() + " gRPC";
        this.endpoint = endpoint;
        this.requests = requests;
        this.channels =
                IntStream.range(0, connections).mapToObj(_ -> channel(endpoint)).toList();
    }

    /** A connection whose callbacks run on its event loop; large answers are let in. */
    static ManagedChannel channel(Endpoint endpoint) {
        return Grpc.newChannelBuilder(endpoint.address(), InsecureChannelCredentials.create())
                .directExecutor()
                .intercept(MetadataUtils.newAttachHeadersInterceptor(endpoint.headers()))
                .maxInboundMessageSize(64 << 20)
                .build();
    }

    @Override
    public String label() {
        return label;
    }

    @Override
    public int rows() {
        return requests.getFirst().texts().size();
    }

    @Override
    public int call(int number) {
        Prepared prepared = request(number);
        GRPCInferenceServiceBlockingStub stub = GRPCInferenceServiceGrpc.newBlockingStub(connection(number))
                .withDeadlineAfter(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        endpoint.sent().increment();
        requireVectors(stub.modelInfer(prepared.request()), prepared);
        return prepared.tokens();
    }

    @Override
    public void send(int number, Duration timeout, Consumer<Outcome> done) {
        Prepared prepared = request(number);
        GRPCInferenceServiceStub stub = GRPCInferenceServiceGrpc.newStub(connection(number))
                .withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS);
        endpoint.sent().increment();
        stub.modelInfer(prepared.request(), new StreamObserver<>() {
            @Override
            public void onNext(ModelInferResponse response) {
                requireVectors(response, prepared);
            }

            @Override
            public void onError(Throwable thrown) {
                Status status = Status.fromThrowable(thrown);
                Outcome outcome = Outcome.of(status);
                if (outcome == Outcome.FAILED && failures.size() < MAX_FAILURES) {
                    failures.merge(status.getCode() + ": " + status.getDescription(), 1L, Long::sum);
                }
                done.accept(outcome);
            }

            @Override
            public void onCompleted() {
                done.accept(Outcome.OK);
            }
        });
    }

    /** What {@link Outcome#FAILED} requests were told, and how many; only the first few different messages. */
    Map<String, Long> failures() {
        return Map.copyOf(failures);
    }

    private Prepared request(int number) {
        return requests.get(Math.floorMod(number, requests.size()));
    }

    private ManagedChannel connection(int number) {
        return channels.get(Math.floorMod(number, channels.size()));
    }

    private static void requireVectors(ModelInferResponse response, Prepared prepared) {
        int expected = prepared.texts().size() * BundledModel.DIM * Float.BYTES;
        int got = response.getRawOutputContentsCount() == 0
                ? 0
                : response.getRawOutputContents(0).size();
        if (got != expected) {
            throw new IllegalStateException("answer: " + got + " bytes of vectors (expected: " + expected + ")");
        }
    }

    @Override
    public void close() {
        channels.forEach(ManagedChannel::shutdownNow);
    }
}
