package dev.weft.bench;

import com.google.common.util.concurrent.ListenableFuture;
import dev.weft.bench.Requests.Prepared;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferResponse;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/**
 * One client of a soak: sends one request after the other, each of a kind drawn by its seed, to the gateway or to
 * inference-service, and knows which answers are right. Not thread-safe.
 */
final class SoakClient implements AutoCloseable {

    private static final long PATIENCE_SECONDS = 60;

    private final List<Endpoint> endpoints;
    private final List<ManagedChannel> channels;
    private final RestTarget rest;
    private final SoakTraffic traffic;
    private final SecondModel second;
    private final Random random;

    SoakClient(Mesh mesh, SoakTraffic traffic, SecondModel second, long seed) {
        this.endpoints = List.of(mesh.gateway(), mesh.inference());
        this.channels = endpoints.stream().map(GrpcTarget::channel).toList();
        this.rest = new RestTarget(
                mesh.gateway(),
                traffic.single().stream()
                        .map(prepared -> prepared.texts().getFirst())
                        .toList());
        this.traffic = traffic;
        this.second = second;
        this.random = new Random(seed);
    }

    /** What is sent, and how many of a hundred requests are of the kind. */
    enum Kind {
        SINGLE(70),
        MANY(4),
        LENGTHY(1),
        TENSORS(6),
        REST(6),
        SECOND_MODEL(6),
        CANCELLED(3),
        EXPIRED(1),
        MALFORMED(3);

        private final int percent;

        Kind(int percent) {
            this.percent = percent;
        }

        /** The kind of a number from 0 to 99. */
        static Kind of(int number) {
            int left = number;
            for (Kind kind : values()) {
                left -= kind.percent;
                if (left < 0) {
                    return kind;
                }
            }
            throw new IllegalArgumentException("number: " + number + " (expected: 0 to 99)");
        }
    }

    Kind nextKind() {
        return Kind.of(random.nextInt(100));
    }

    /**
     * Sends a request of that kind.
     *
     * @throws Exception when the answer is not what it must be
     */
    void send(Kind kind) throws Exception {
        int way = kind == Kind.REST ? 0 : random.nextInt(endpoints.size());
        if (kind != Kind.REST) {
            endpoints.get(way).sent().increment();
        }
        switch (kind) {
            case SINGLE -> answer(way, any(traffic.single()));
            case MANY -> answer(way, any(traffic.many()));
            case LENGTHY -> answer(way, any(traffic.lengthy()));
            case TENSORS -> tensors(way, any(traffic.tensors()));
            case REST -> rest.call(random.nextInt(traffic.single().size()));
            case SECOND_MODEL -> second(way, any(traffic.single()));
            case CANCELLED -> cancelled(way, any(traffic.many()));
            case EXPIRED -> expired(way, any(traffic.many()));
            case MALFORMED -> malformed(way, any(traffic.malformed()));
        }
    }

    private <T> T any(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }

    private GRPCInferenceServiceBlockingStub stub(int way) {
        return GRPCInferenceServiceGrpc.newBlockingStub(channels.get(way))
                .withDeadlineAfter(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    private void answer(int way, Prepared prepared) {
        requireRight(stub(way).modelInfer(prepared.request()), prepared);
    }

    /** The size of the vectors, and the number of tokens of each row: an answer to another request would differ in them. */
    private static void requireRight(ModelInferResponse response, Prepared prepared) {
        int rows = prepared.texts().size();
        require(response.getRawOutputContentsCount() == 2, "outputs", response.getRawOutputContentsCount());
        int bytes = response.getRawOutputContents(0).size();
        require(bytes == rows * BundledModel.DIM * Float.BYTES, "bytes of vectors", bytes);
        LongBuffer tokens = response.getRawOutputContents(1)
                .asReadOnlyByteBuffer()
                .order(ByteOrder.LITTLE_ENDIAN)
                .asLongBuffer();
        require(tokens.remaining() == rows, "token counts", tokens.remaining());
        for (int row = 0; row < rows; row++) {
            require(tokens.get(row) == prepared.texts().get(row).tokens(), "tokens of row " + row, tokens.get(row));
        }
    }

    private static void require(boolean right, String what, long got) {
        if (!right) {
            throw new IllegalStateException("wrong answer: " + what + ": " + got);
        }
    }

    private void tensors(int way, ModelInferRequest request) {
        ModelInferResponse response = stub(way).modelInfer(request);
        List<Long> shape = request.getInputs(0).getShapeList();
        int bytes = response.getRawOutputContents(0).size();
        require(bytes == shape.get(0) * shape.get(1) * BundledModel.DIM * Float.BYTES, "bytes of tensor", bytes);
    }

    private void second(int way, Prepared prepared) {
        Prepared own = new Prepared(
                prepared.request().toBuilder().setModelName(SecondModel.NAME).build(),
                prepared.texts(),
                prepared.tokens());
        int before = second.epoch();
        try {
            answer(way, own);
        } catch (StatusRuntimeException e) {
            boolean mayBeAbsent = !SecondModel.serves(before) || second.epoch() != before;
            if (!mayBeAbsent) {
                throw e;
            }
            requireStatus(e, Set.of(Status.Code.UNAVAILABLE, Status.Code.NOT_FOUND));
        }
    }

    private void cancelled(int way, Prepared prepared)
            throws InterruptedException, ExecutionException, TimeoutException {
        ListenableFuture<ModelInferResponse> answer = GRPCInferenceServiceGrpc.newFutureStub(channels.get(way))
                .withDeadlineAfter(PATIENCE_SECONDS, TimeUnit.SECONDS)
                .modelInfer(prepared.request());
        LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(random.nextInt(20_000)));
        if (!answer.cancel(true)) {
            requireRight(answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS), prepared);
        }
    }

    private void expired(int way, Prepared prepared) {
        try {
            requireRight(
                    GRPCInferenceServiceGrpc.newBlockingStub(channels.get(way))
                            .withDeadlineAfter(1 + random.nextInt(20_000), TimeUnit.MICROSECONDS)
                            .modelInfer(prepared.request()),
                    prepared);
        } catch (StatusRuntimeException e) {
            // Refused when it comes, if it would have to wait until after its deadline.
            requireStatus(e, Set.of(Status.Code.DEADLINE_EXCEEDED, Status.Code.RESOURCE_EXHAUSTED));
        }
    }

    private void malformed(int way, ModelInferRequest request) {
        try {
            ModelInferResponse answer = stub(way).modelInfer(request);
            require(false, "outputs for a malformed request", answer.getOutputsCount());
        } catch (StatusRuntimeException e) {
            requireStatus(e, Set.of(Status.Code.INVALID_ARGUMENT));
        }
    }

    private static void requireStatus(StatusRuntimeException e, Set<Status.Code> expected) {
        if (!expected.contains(e.getStatus().getCode())) {
            throw e;
        }
    }

    @Override
    public void close() {
        rest.close();
        channels.forEach(ManagedChannel::shutdownNow);
    }
}
