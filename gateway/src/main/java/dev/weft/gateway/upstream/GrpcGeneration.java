package dev.weft.gateway.upstream;

import com.google.protobuf.ByteString;
import dev.weft.gateway.openai.GenerationModels.Event;
import dev.weft.gateway.openai.GenerationModels.Generation;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.Cancelled;
import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.Failure.Internal;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.GrpcFailures;
import dev.weft.kit.time.Deadline;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.InferParameter;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferResponse;
import dev.weft.protocol.inference.ModelStreamInferResponse;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Answers as they come from streams of inference-service. The reader is one thread; the streams' listeners run on the channel's event
 * loop and put what comes into a queue, which is bounded: a stream is asked for its next message when the last has been taken.
 */
final class GrpcGeneration implements Generation {

    /** What a stream brings: a message, or its end. */
    private sealed interface Arrival {
        record Message(int index, ModelStreamInferResponse response) implements Arrival {}

        record Closed(int index, Status status, Metadata trailers) implements Arrival {}
    }

    private final InferenceUpstream upstream;
    private final Deadline deadline;
    private final List<ClientCall<ModelInferRequest, ModelStreamInferResponse>> calls = new ArrayList<>();
    private final BlockingQueue<Arrival> arrivals;
    private final boolean[] ended;

    GrpcGeneration(InferenceUpstream upstream, int choices, Deadline deadline) {
        this.upstream = upstream;
        this.deadline = deadline;
        this.arrivals = new ArrayBlockingQueue<>(2 * choices);
        this.ended = new boolean[choices];
    }

    /** Starts one answer, in the current context. */
    void start(int index, ModelInferRequest request) {
        ClientCall<ModelInferRequest, ModelStreamInferResponse> call = upstream.channel()
                .newCall(
                        GRPCInferenceServiceGrpc.getModelStreamInferMethod(),
                        CallOptions.DEFAULT.withDeadlineAfter(
                                deadline.remaining().toNanos(), TimeUnit.NANOSECONDS));
        calls.add(call);
        call.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onMessage(ModelStreamInferResponse message) {
                        offer(new Arrival.Message(index, message));
                    }

                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        offer(new Arrival.Closed(index, status, trailers));
                    }
                },
                new Metadata());
        call.request(1);
        call.sendMessage(request);
        call.halfClose();
    }

    /** There is room: of each stream one message that was asked for, and its end. */
    private void offer(Arrival arrival) {
        if (!arrivals.offer(arrival)) {
            throw new IllegalStateException("a stream sent more than it was asked for");
        }
    }

    @Override
    public Event next() {
        while (true) {
            switch (take()) {
                case Arrival.Message(int index, ModelStreamInferResponse response) -> {
                    calls.get(index).request(1);
                    Event event = event(index, response);
                    ended[index] |= event instanceof Event.End;
                    return event;
                }
                case Arrival.Closed(int index, Status status, Metadata trailers) -> {
                    if (!ended[index]) {
                        throw status.isOk()
                                ? new Internal("inference-service ended an answer in its middle", null)
                                : upstream.translate(status.asRuntimeException(trailers));
                    }
                }
            }
        }
    }

    private Arrival take() {
        try {
            // The calls have the same deadline and tell of it; the second is for one that does not.
            Arrival arrival = arrivals.poll(deadline.remaining().toNanos() + 1_000_000_000L, TimeUnit.NANOSECONDS);
            if (arrival == null) {
                throw new DeadlineExceeded("deadline passed before there was an answer");
            }
            return arrival;
        } catch (InterruptedException _) {
            throw new Cancelled("the client went away");
        }
    }

    private static Event event(int index, ModelStreamInferResponse message) {
        if (!message.getErrorMessage().isEmpty()) {
            throw failure(message);
        }
        ModelInferResponse response = message.getInferResponse();
        String text = "";
        String reason = "";
        long promptTokens = 0;
        long completionTokens = 0;
        for (int i = 0; i < Math.min(response.getOutputsCount(), response.getRawOutputContentsCount()); i++) {
            ByteString raw = response.getRawOutputContents(i);
            switch (response.getOutputs(i).getName()) {
                case GrpcGenerationModels.TEXT -> text = string(raw);
                case GrpcGenerationModels.FINISH_REASON -> reason = string(raw);
                case GrpcGenerationModels.PROMPT_TOKENS -> promptTokens = count(raw);
                case GrpcGenerationModels.COMPLETION_TOKENS -> completionTokens = count(raw);
                default -> throw new Internal("inference-service answered an output that was not asked for", null);
            }
        }
        return reason.isEmpty()
                ? new Event.Piece(index, text)
                : new Event.End(index, text, reason, promptTokens, completionTokens);
    }

    private static String string(ByteString raw) {
        if (raw.size() < Integer.BYTES) {
            throw new Internal("inference-service answered a text without its length", null);
        }
        return raw.substring(Integer.BYTES).toStringUtf8();
    }

    private static long count(ByteString raw) {
        return raw.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN).getLong();
    }

    /** The stream's error, whose code and retry hint are parameters. */
    private static Failure failure(ModelStreamInferResponse message) {
        ModelInferResponse response = message.getInferResponse();
        String code = response.getParametersOrDefault("status", InferParameter.getDefaultInstance())
                .getStringParam();
        Metadata trailers = new Metadata();
        long retryAfterMs = response.getParametersOrDefault("retry_after_ms", InferParameter.getDefaultInstance())
                .getInt64Param();
        if (retryAfterMs > 0) {
            trailers.put(GrpcFailures.RETRY_AFTER_MS, Long.toString(retryAfterMs));
        }
        Status.Code known;
        try {
            known = Status.Code.valueOf(code);
        } catch (IllegalArgumentException _) {
            known = Status.Code.INTERNAL;
        }
        Failure failure = GrpcFailures.toFailure(
                known.toStatus().withDescription(message.getErrorMessage()).asRuntimeException(trailers));
        return failure instanceof InvalidArgument
                ? new InvalidArgument(GrpcGenerationModels.inClientsWords(failure.getMessage()))
                : failure;
    }

    @Override
    public void close() {
        calls.forEach(call -> call.cancel("nobody waits for the answer", null));
    }
}
