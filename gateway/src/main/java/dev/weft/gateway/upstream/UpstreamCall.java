package dev.weft.gateway.upstream;

import dev.weft.gateway.routing.Placement.Visit;
import dev.weft.gateway.routing.Replica;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.GrpcFailures;
import dev.weft.kit.rpc.GrpcTimeout;
import dev.weft.kit.rpc.RequestId;
import dev.weft.kit.time.Deadline;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.http.StreamResetException;
import io.vertx.core.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One gRPC call to inference-service: a stream of HTTP/2 whose bytes nobody here looks into. A call that fails before an answer has begun
 * is made once more, of another replica where there is one, as long as all that was sent of it is at hand: running a model twice changes
 * nothing. Belongs to the event loop that made it.
 */
public final class UpstreamCall {

    /** What a call's answer comes to; {@link #failed} or {@link #ended} is the last. */
    public interface Receiver {
        /** The answer begins. */
        void headers(HttpClientResponse response);

        /** A part of the answer's body. */
        void data(Buffer data);

        /** The answer is complete, and its trailers are there; the call itself may have failed none the less. */
        void ended(HttpClientResponse response, @Nullable Failure failure);

        /** There is no answer, or no end of it. */
        void failed(Failure failure);
    }

    /**
     * What a call says.
     *
     * @param path {@code /service/method}
     * @param metadata the client's own, of which what concerns inference-service is passed on; null for none
     * @param deadline null when the client waits for ever
     */
    public record Request(
            String path,
            RequestId id,
            @Nullable MultiMap metadata,
            @Nullable Deadline deadline) {}

    /** What of a client's metadata is passed on; credentials are for the gateway alone. */
    private static final String[] PASSED_ON = {
        "user-agent", "grpc-encoding", "grpc-accept-encoding", "traceparent", "tracestate", "x-priority"
    };

    private static final int MOST_ATTEMPTS = 3;

    /** The code of an answer that tells, without a message, that the replica cannot answer now. */
    private static final String UNAVAILABLE = "14";

    private static final int HTTP_OK = 200;

    // RFC 9113, section 7
    private static final long REFUSED_STREAM = 7;
    private static final long CANCEL = 8;
    private static final long ENHANCE_YOUR_CALM = 11;

    private static final long PING_TIMEOUT_MILLIS = 5_000;

    private final Vertx vertx;
    private final HttpClient client;
    private final Request said;
    private final Destinations destinations;
    private final Receiver receiver;
    private final List<Replica> tried = new ArrayList<>(0);

    private Buffer head = Buffer.buffer();
    private boolean whole;
    private long timer = -1;
    private int attempts;
    private boolean over;
    private @Nullable Visit visit;
    private @Nullable HttpClientRequest request;
    private @Nullable HttpClientResponse response;
    private @Nullable Runnable onWritable;

    UpstreamCall(Vertx vertx, HttpClient client, Request said, Destinations destinations, Receiver receiver) {
        this.vertx = vertx;
        this.client = client;
        this.said = said;
        this.destinations = destinations;
        this.receiver = receiver;
    }

    /** Starts the call with all that it says; it can be made again. */
    public void send(Buffer body) {
        head = body;
        whole = true;
        start();
    }

    /**
     * Starts the call with the beginning of what it says.
     *
     * @param onWritable runs whenever more may be written, first when the connection stands
     */
    public void open(Buffer beginning, Runnable onWritable) {
        head = beginning;
        this.onWritable = onWritable;
        start();
    }

    private void start() {
        Deadline deadline = said.deadline();
        if (deadline != null) {
            long millis = Math.max(
                    1, TimeUnit.NANOSECONDS.toMillis(deadline.remaining().toNanos()));
            timer = vertx.setTimer(millis, _ -> expire());
        }
        attempt();
    }

    private void attempt() {
        attempts++;
        destinations.next(tried).onComplete(chosen -> {
            if (over) {
                return;
            }
            if (chosen.failed()) {
                fail(GrpcFailures.toFailure(chosen.cause()));
            } else {
                connect(chosen.result());
            }
        });
    }

    private void connect(Replica replica) {
        visit = destinations.visit(replica);
        SocketAddress address = address(replica);
        RequestOptions options = new RequestOptions()
                .setMethod(HttpMethod.POST)
                .setServer(address)
                .setHost(address.host())
                .setPort(address.port())
                .setURI(said.path());
        client.request(options).onComplete(made -> {
            if (made.failed()) {
                if (!over) {
                    retry(unavailable());
                }
                return;
            }
            HttpClientRequest stream = made.result();
            // Without a handler Vert.x logs what the response's future tells as well.
            stream.exceptionHandler(_ -> {});
            if (over) {
                stream.reset(CANCEL);
            } else {
                write(stream);
            }
        });
    }

    private static SocketAddress address(Replica replica) {
        int colon = replica.id().lastIndexOf(':');
        String host = replica.id().substring(0, colon);
        return SocketAddress.inetSocketAddress(
                Integer.parseInt(replica.id(), colon + 1, replica.id().length(), 10),
                host.startsWith("[") ? host.substring(1, host.length() - 1) : host);
    }

    private void write(HttpClientRequest stream) {
        request = stream;
        MultiMap headers = stream.headers();
        headers.set("te", "trailers");
        headers.set("content-type", GrpcHeaders.CONTENT_TYPE);
        headers.set(RequestId.HEADER, said.id().value());
        MultiMap metadata = said.metadata();
        if (metadata != null) {
            for (String name : PASSED_ON) {
                String value = metadata.get(name);
                if (value != null) {
                    headers.set(name, value);
                }
            }
        }
        Deadline deadline = said.deadline();
        if (deadline != null) {
            headers.set(GrpcTimeout.HEADER, GrpcTimeout.header(deadline));
        }
        stream.response().onComplete(answered -> {
            if (over || request != stream) {
                return;
            }
            if (answered.failed()) {
                failed(answered.cause());
            } else {
                receive(answered.result());
            }
        });
        if (whole) {
            stream.end(head);
        } else {
            stream.setChunked(true);
            stream.write(head);
            Runnable writable = onWritable;
            if (writable != null) {
                stream.drainHandler(_ -> writable.run());
                writable.run();
            }
        }
    }

    private void receive(HttpClientResponse answer) {
        if (answer.statusCode() != HTTP_OK) {
            // Without a handler Vert.x logs the reset.
            answer.exceptionHandler(_ -> {});
            fail(new Failure.Unavailable("inference-service answered HTTP " + answer.statusCode()));
            answer.request().reset(CANCEL);
            return;
        }
        String status = answer.getHeader(GrpcHeaders.STATUS);
        if (UNAVAILABLE.equals(status)) {
            answer.exceptionHandler(_ -> {});
            answer.endHandler(_ -> {
                if (!over && request == answer.request()) {
                    retryUnready(Objects.requireNonNullElseGet(GrpcHeaders.failure(answer), this::unavailable));
                }
            });
            return;
        }
        response = answer;
        answer.exceptionHandler(thrown -> {
            if (!over) {
                fail(failure(thrown));
            }
        });
        answer.handler(data -> {
            if (!over) {
                receiver.data(data);
            }
        });
        answer.endHandler(_ -> {
            if (!over) {
                finish();
                receiver.ended(answer, GrpcHeaders.failure(answer));
            }
        });
        receiver.headers(answer);
    }

    private void failed(Throwable thrown) {
        boolean unseen = thrown instanceof StreamResetException reset && reset.getCode() == REFUSED_STREAM;
        boolean lost = !(thrown instanceof StreamResetException);
        if (whole && (unseen || lost)) {
            retry(failure(thrown));
        } else {
            fail(failure(thrown));
        }
    }

    /** Makes the call once more when it may be, of another replica where there is one. */
    private void retry(Failure failure) {
        Replica replica = leave();
        if (replica == null) {
            fail(failure);
            return;
        }
        Future<Boolean> _ = destinations.reconsider(replica);
        if (mayTryAgain()) {
            tried.add(replica);
            attempt();
        } else {
            fail(failure);
        }
    }

    /** The replica answers, but cannot answer this call now; it may be loading the model, or another one may have it. */
    private void retryUnready(Failure failure) {
        Replica replica = leave();
        if (replica == null || !whole) {
            fail(failure);
            return;
        }
        destinations.reconsider(replica).onComplete(hope -> {
            if (over) {
                return;
            }
            if (hope.succeeded() && hope.result() && mayTryAgain()) {
                attempt();
            } else {
                fail(failure);
            }
        });
    }

    private boolean mayTryAgain() {
        return attempts < MOST_ATTEMPTS && destinations.again();
    }

    private @Nullable Replica leave() {
        request = null;
        Visit ended = endVisit();
        return ended == null ? null : ended.replica();
    }

    private @Nullable Visit endVisit() {
        Visit ended = visit;
        visit = null;
        if (ended != null) {
            ended.end();
        }
        return ended;
    }

    private Failure unavailable() {
        Visit at = visit;
        return new Failure.Unavailable(
                "inference-service" + (at == null ? "" : " at " + at.replica().id()) + " does not answer");
    }

    private Failure failure(Throwable thrown) {
        if (thrown instanceof StreamResetException reset) {
            if (reset.getCode() == CANCEL) {
                return new Failure.Cancelled("inference-service cancelled the call");
            }
            if (reset.getCode() == ENHANCE_YOUR_CALM) {
                return new Failure.Unavailable("inference-service does not take more calls");
            }
        }
        return unavailable();
    }

    private void expire() {
        timer = -1;
        if (over) {
            return;
        }
        boolean silent = response == null;
        // First, because the reset is told to the answer's own handler.
        fail(new Failure.DeadlineExceeded("deadline passed before there was an answer"));
        HttpClientRequest stream = request;
        if (stream != null) {
            if (silent) {
                probe(stream.connection());
            }
            stream.reset(CANCEL);
        }
    }

    /**
     * Closes a connection whose other end is gone without having said so; otherwise the system would go on sending on it for a quarter
     * of an hour.
     */
    private void probe(HttpConnection connection) {
        long patience = vertx.setTimer(PING_TIMEOUT_MILLIS, _ -> connection.close());
        connection.ping(Buffer.buffer(new byte[8])).onComplete(_ -> vertx.cancelTimer(patience));
    }

    private void fail(Failure failure) {
        finish();
        receiver.failed(failure);
    }

    private void finish() {
        over = true;
        Visit _ = endVisit();
        if (timer >= 0) {
            vertx.cancelTimer(timer);
            timer = -1;
        }
    }

    /** Ends the call when nobody waits for its answer any more; the receiver hears nothing of it. */
    public void cancel() {
        if (!over) {
            finish();
            HttpClientRequest stream = request;
            if (stream != null) {
                stream.reset(CANCEL);
            }
        }
    }

    /** Says more. */
    public void write(Buffer data) {
        HttpClientRequest stream = request;
        if (!over && stream != null) {
            stream.write(data);
        }
    }

    /** Has said all. */
    public void end() {
        HttpClientRequest stream = request;
        if (!over && stream != null) {
            stream.end();
        }
    }

    /** False while what was written is still on its way. */
    public boolean isWritable() {
        HttpClientRequest stream = request;
        return stream != null && !stream.writeQueueFull();
    }

    /** Has the other side wait before it says more. */
    public void pause() {
        HttpClientResponse answer = response;
        if (answer != null) {
            answer.pause();
        }
    }

    /** Has it go on. */
    public void resume() {
        HttpClientResponse answer = response;
        if (answer != null) {
            answer.resume();
        }
    }
}
