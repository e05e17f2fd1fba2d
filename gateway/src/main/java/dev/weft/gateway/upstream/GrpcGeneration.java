package dev.weft.gateway.upstream;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.weft.gateway.http.RestCall;
import dev.weft.gateway.openai.GenerationModels.Event;
import dev.weft.gateway.openai.GenerationModels.Generation;
import dev.weft.gateway.usage.Tally;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.Cancelled;
import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.Failure.Internal;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.GrpcFailures;
import dev.weft.kit.rpc.CallEffort;
import dev.weft.kit.rpc.SingleAnswer;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.InferParameter;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferResponse;
import dev.weft.protocol.inference.ModelStreamInferResponse;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.Status;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.impl.ContextInternal;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Answers as they come from streams of inference-service. The reader is one thread; the streams run on an event loop and put what comes
 * into a queue, which is bounded: a stream hands on its next message when the last has been taken.
 */
final class GrpcGeneration implements Generation {

    /** Bytes that a stream holds back for its reader before it has inference-service wait. */
    private static final int HELD_BYTES = 64 << 10;

    /** An answer that fails before its first piece may be had of another replica, or of a fallback. */
    private static final MultiMap SINGLE = HttpHeaders.headers().set(SingleAnswer.HEADER, SingleAnswer.VALUE);

    /** What a stream brings: a message, or its end. */
    private sealed interface Arrival {
        record Message(int index, byte[] bytes) implements Arrival {}

        record Closed(int index, @Nullable Failure failure) implements Arrival {}
    }

    private final InferenceUpstream upstream;
    private final String model;
    private final RestCall call;
    private final ContextInternal context;
    private final List<Stream> streams = new ArrayList<>();
    private final BlockingQueue<Arrival> arrivals;
    private final boolean[] ended;

    /** Pieces of each answer that has not ended: at least as many tokens were computed. */
    private final long[] pieces;

    private final Context.CancellationListener leave = _ -> abandon();

    GrpcGeneration(InferenceUpstream upstream, String model, int choices, RestCall call) {
        this.model = model;
        this.upstream = upstream;
        this.call = call;
        this.context = upstream.context();
        this.arrivals = new ArrayBlockingQueue<>(2 * choices);
        this.ended = new boolean[choices];
        this.pieces = new long[choices];
    }

    /** Starts the answers, one to each request; the end of the REST request, and its client's going away, cancel them. */
    void start(List<ModelInferRequest> requests) {
        for (ModelInferRequest request : requests) {
            streams.add(new Stream(streams.size(), ReplicaConnections.message(request)));
        }
        streams.forEach(stream -> context.runOnContext(_ -> stream.start()));
        call.work().addListener(leave, Runnable::run);
    }

    /** One answer's stream; belongs to the event loop. */
    private final class Stream implements UpstreamCall.Receiver {

        private final int index;
        private final Buffer request;
        private final MessageReader reader = new MessageReader(upstream.maxMessage());
        private @Nullable UpstreamCall stream;
        private boolean wanted = true;
        private boolean paused;
        private Arrival.@Nullable Closed end;
        private boolean closed;

        private Stream(int index, Buffer request) {
            this.index = index;
            this.request = request;
        }

        private void start() {
            if (closed) {
                return;
            }
            try {
                stream = upstream.open(
                        new ModelCall(model, "", call.stickyKey(), true),
                        new UpstreamCall.Request(
                                ReplicaConnections.path(GRPCInferenceServiceGrpc.getModelStreamInferMethod()),
                                call.id(),
                                SINGLE,
                                call.deadline(),
                                OnBehalf.of(call.caller(), call.tally())),
                        this);
                stream.send(request);
            } catch (Failure failure) {
                failed(failure);
            }
        }

        private void want() {
            wanted = true;
            handOn();
        }

        private void handOn() {
            if (closed) {
                return;
            }
            try {
                byte[] message = wanted ? reader.next() : null;
                if (message != null) {
                    wanted = false;
                    offer(new Arrival.Message(index, message));
                }
            } catch (Failure failure) {
                close(failure);
                return;
            }
            if (end != null && wanted) {
                closed = true;
                offer(end);
                return;
            }
            flow();
        }

        private void flow() {
            boolean full = reader.buffered() > HELD_BYTES;
            if (stream != null && full != paused) {
                paused = full;
                if (full) {
                    stream.pause();
                } else {
                    stream.resume();
                }
            }
        }

        private void close(Failure failure) {
            if (stream != null) {
                stream.cancel();
            }
            if (!closed) {
                closed = true;
                offer(new Arrival.Closed(index, failure));
            }
        }

        @Override
        public void headers(HttpClientResponse response) {
            note(); // before the first piece, behind which nobody reads it
        }

        private void note() {
            if (stream != null) {
                call.route().note(stream.route().backend(), stream.route().tried());
            }
        }

        @Override
        public void data(Buffer data) {
            try {
                reader.append(data);
            } catch (Failure failure) {
                close(failure);
                return;
            }
            handOn();
        }

        @Override
        public void ended(HttpClientResponse response, @Nullable Failure failure) {
            end = new Arrival.Closed(index, failure);
            handOn();
        }

        @Override
        public void failed(Failure failure) {
            note();
            end = new Arrival.Closed(index, failure);
            handOn();
        }
    }

    /** There is room: of each stream one message that was asked for, and its end. */
    private void offer(Arrival arrival) {
        if (!arrivals.offer(arrival)) {
            throw new IllegalStateException("a stream handed on more than it was asked for");
        }
    }

    private void abandon() {
        context.runOnContext(_ -> streams.forEach(stream -> stream.close(new Cancelled("the client went away"))));
    }

    @Override
    public Event next() {
        while (true) {
            switch (take()) {
                case Arrival.Message(int index, byte[] bytes) -> {
                    Stream stream = streams.get(index);
                    context.runOnContext(_ -> stream.want());
                    Event event = event(index, parse(bytes), call.tally());
                    count(event);
                    return event;
                }
                case Arrival.Closed(int index, @Nullable Failure failure) -> {
                    if (!ended[index]) {
                        throw failure == null
                                ? new Internal("inference-service ended an answer in its middle", null)
                                : told(failure, call.tally());
                    }
                }
            }
        }
    }

    private void count(Event event) {
        switch (event) {
            case Event.Piece piece -> pieces[piece.index()]++;
            case Event.Calls calls -> pieces[calls.index()]++;
            case Event.End end -> {
                ended[end.index()] = true;
                call.tally().add(new CallEffort(1, end.promptTokens(), end.completionTokens(), 0));
            }
        }
    }

    private Arrival take() {
        try {
            // The calls have the same deadline and tell of it; the second is for one that does not.
            Arrival arrival =
                    arrivals.poll(call.deadline().remaining().toNanos() + 1_000_000_000L, TimeUnit.NANOSECONDS);
            if (arrival == null) {
                throw new DeadlineExceeded("deadline passed before there was an answer");
            }
            return arrival;
        } catch (InterruptedException _) {
            throw new Cancelled("the client went away");
        }
    }

    private static ModelStreamInferResponse parse(byte[] message) {
        try {
            return ModelStreamInferResponse.parseFrom(message);
        } catch (InvalidProtocolBufferException e) {
            throw new Internal("inference-service answered what is no message of ModelStreamInfer", e);
        }
    }

    private static Event event(int index, ModelStreamInferResponse message, Tally tally) {
        if (!message.getErrorMessage().isEmpty()) {
            throw told(failure(message), tally);
        }
        ModelInferResponse response = message.getInferResponse();
        String text = "";
        String reason = "";
        String calls = "";
        long promptTokens = 0;
        long completionTokens = 0;
        for (int i = 0; i < Math.min(response.getOutputsCount(), response.getRawOutputContentsCount()); i++) {
            ByteString raw = response.getRawOutputContents(i);
            switch (response.getOutputs(i).getName()) {
                case GrpcGenerationModels.TEXT -> text = string(raw);
                case GrpcGenerationModels.FINISH_REASON -> reason = string(raw);
                case GrpcGenerationModels.TOOL_CALLS -> calls = string(raw);
                case GrpcGenerationModels.PROMPT_TOKENS -> promptTokens = count(raw);
                case GrpcGenerationModels.COMPLETION_TOKENS -> completionTokens = count(raw);
                default -> throw new Internal("inference-service answered an output that was not asked for", null);
            }
        }
        if (!reason.isEmpty()) {
            return new Event.End(index, text, reason, promptTokens, completionTokens);
        }
        return calls.isEmpty() ? new Event.Piece(index, text) : new Event.Calls(index, calls);
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
        return GrpcFailures.toFailure(
                known.toStatus().withDescription(message.getErrorMessage()).asRuntimeException(trailers));
    }

    /** What the client is told of a failure. */
    private static Failure told(Failure failure, Tally tally) {
        if (failure instanceof Failure.NotFound) {
            tally.unknownModel();
        }
        return failure instanceof InvalidArgument
                ? new InvalidArgument(GrpcGenerationModels.inClientsWords(failure.getMessage()))
                : failure;
    }

    @Override
    public void close() {
        call.work().removeListener(leave);
        abandon();
        for (int i = 0; i < pieces.length; i++) {
            if (!ended[i] && pieces[i] > 0) {
                call.tally().add(new CallEffort(1, 0, pieces[i], 0));
            }
        }
    }
}
