package dev.weft.gateway.upstream;

import static dev.weft.gateway.upstream.CallFailures.CANCEL;

import dev.weft.gateway.routing.Placement.Visit;
import dev.weft.gateway.routing.Replica;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.GrpcFailures;
import dev.weft.kit.rpc.RequestId;
import dev.weft.kit.time.Deadline;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.impl.ContextInternal;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
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
        /** All that the call says, when it is known before the call is made. */
        default void said(Buffer body) {}

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
     * @param behalf for whom it is made
     */
    public record Request(
            String path,
            RequestId id,
            @Nullable MultiMap metadata,
            @Nullable Deadline deadline,
            OnBehalf behalf) {

        /** The gateway's own call. */
        Request(String path, RequestId id, @Nullable MultiMap metadata, @Nullable Deadline deadline) {
            this(path, id, metadata, deadline, OnBehalf.NOBODY);
        }
    }

    private static final int MOST_ATTEMPTS = 3;

    private static final int HTTP_OK = 200;

    private final ContextInternal loop;
    private final ReplicaClient client;
    private final Request said;
    private final Destinations destinations;
    private final Receiver receiver;
    private final List<Replica> tried = new ArrayList<>(0);

    private Buffer head = Buffer.buffer();
    private boolean whole;
    private long timer = -1;
    private int attempts;
    private boolean over;

    /** Counts the models that were asked: what still comes of one that was given up is nobody's business. */
    private int backend;

    private @Nullable CompletableFuture<Boolean> begun;
    private @Nullable Visit visit;
    private @Nullable HttpClientRequest request;
    private @Nullable HttpClientResponse response;
    private @Nullable Runnable onWritable;

    UpstreamCall(
            ContextInternal loop, ReplicaClient client, Request said, Destinations destinations, Receiver receiver) {
        this.loop = loop;
        this.client = client;
        this.said = said;
        this.destinations = destinations;
        this.receiver = receiver;
    }

    /** Starts the call with all that it says; it can be made again. */
    public void send(Buffer body) {
        head = body;
        whole = true;
        receiver.said(body);
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
            timer = loop.owner().setTimer(millis, _ -> expire());
        }
        enterBackend();
    }

    /** Asks the model that destinations are at. */
    private void enterBackend() {
        Protection protection = destinations.protection();
        if (protection == null) {
            attempt();
            return;
        }
        int asked = backend;
        CompletableFuture<Boolean> answering = new CompletableFuture<>();
        begun = answering;
        protection
                .guard(() -> {
                    // On the loop, and after this method: an attempt that fails at once must find its guard in place.
                    loop.runOnContext(_ -> {
                        if (!over && asked == backend) {
                            attempt();
                        }
                    });
                    return answering;
                })
                .whenComplete((_, thrown) -> {
                    Failure refusal = thrown == null ? null : Protection.refusal(thrown);
                    if (refusal != null) {
                        loop.runOnContext(_ -> refused(asked, refusal));
                    }
                });
    }

    private void refused(int asked, Failure refusal) {
        if (over || asked != backend) {
            return;
        }
        HttpClientRequest stream = request;
        giveUp(refusal);
        if (stream != null) {
            stream.reset(CANCEL);
        }
    }

    /** The model that is asked has failed the call before it began to answer; another may do better. */
    private void giveUp(Failure failure) {
        if (over) {
            return;
        }
        settle(failure);
        boolean another = whole && response == null && Destinations.isWorthAnother(failure);
        if (another && destinations.fallBack(failure)) {
            backend++;
            Replica _ = leave();
            attempts = 0;
            tried.clear();
            enterBackend();
        } else {
            fail(failure);
        }
    }

    /** Tells the guard how the model fared; null for well. */
    private void settle(@Nullable Failure failure) {
        CompletableFuture<Boolean> answering = begun;
        begun = null;
        if (answering != null) {
            boolean _ = failure == null ? answering.complete(true) : answering.completeExceptionally(failure);
        }
    }

    private void attempt() {
        attempts++;
        int asked = backend;
        OnLoop.tell(loop, destinations.next(tried)).onComplete(chosen -> {
            if (over || asked != backend) {
                return;
            }
            if (chosen.failed()) {
                giveUp(GrpcFailures.toFailure(chosen.cause()));
            } else {
                connect(chosen.result());
            }
        });
    }

    private void connect(Replica replica) {
        visit = destinations.visit(replica);
        int asked = backend;
        client.request(replica, said.path()).onComplete(made -> {
            boolean wanted = !over && asked == backend;
            if (made.failed()) {
                if (wanted) {
                    Failure refusal = CallFailures.ofHandshake(visit, made.cause());
                    retry(refusal != null ? refusal : CallFailures.unavailable(visit));
                }
                return;
            }
            HttpClientRequest stream = made.result();
            // Without a handler Vert.x logs what the response's future tells as well.
            stream.exceptionHandler(_ -> {});
            if (wanted) {
                write(stream);
            } else {
                stream.reset(CANCEL);
            }
        });
    }

    private void write(HttpClientRequest stream) {
        request = stream;
        client.write(said, destinations.modelHeader(), stream.headers());
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
            giveUp(new Failure.Unavailable("inference-service answered HTTP " + answer.statusCode()));
            answer.request().reset(CANCEL);
            return;
        }
        String status = answer.getHeader(GrpcHeaders.STATUS);
        if (status != null && isHeldBack(status)) {
            awaitFailure(answer);
            return;
        }
        settle(null);
        response = answer;
        answer.exceptionHandler(thrown -> {
            if (!over) {
                fail(CallFailures.broken(visit, thrown, said.deadline()));
            }
        });
        answer.handler(data -> {
            if (!over) {
                receiver.data(data);
            }
        });
        answer.endHandler(_ -> {
            if (over) {
                return;
            }
            Failure failure = CallFailures.ofAnswer(answer, visit, destinations);
            if (failure instanceof Failure.Unauthenticated) {
                whole = false; // a part of the answer is with its receiver
                tryAnother(CallFailures.refused(visit, failure));
            } else {
                finish();
                receiver.ended(answer, failure);
            }
        });
        receiver.headers(answer);
    }

    private void tryAnother(Failure failure) {
        if (whole) {
            retry(failure);
        } else {
            giveUp(failure);
        }
    }

    /** Whether an answer without a message, of that code, is not for the client before something else was tried. */
    private boolean isHeldBack(String status) {
        return status.equals(GrpcHeaders.UNAVAILABLE)
                || status.equals(GrpcHeaders.UNAUTHENTICATED)
                || (whole && !status.equals(GrpcHeaders.OK) && destinations.hasFallback());
    }

    /** An answer without a message: the replica or the model has failed the call, or the call is wrong. */
    private void awaitFailure(HttpClientResponse answer) {
        answer.exceptionHandler(_ -> {});
        answer.endHandler(_ -> {
            if (over || request != answer.request()) {
                return;
            }
            Failure failure = CallFailures.ofAnswer(answer, visit, destinations);
            if (failure instanceof Failure.Unavailable unavailable && !unavailable.isAfterRetries()) {
                retryUnready(failure);
            } else if (failure instanceof Failure.Unauthenticated) {
                tryAnother(CallFailures.refused(visit, failure));
            } else if (failure != null && Destinations.isWorthAnother(failure)) {
                giveUp(failure);
            } else {
                receiver.headers(answer);
                finish();
                receiver.ended(answer, failure);
            }
        });
    }

    private void failed(Throwable thrown) {
        // TLS 1.3: that our certificate is not wanted is told after the handshake.
        Failure refusal = CallFailures.ofHandshake(visit, thrown);
        if (refusal != null) {
            tryAnother(refusal);
            return;
        }
        if (whole && CallFailures.mayBeMadeAgain(thrown)) {
            retry(CallFailures.broken(visit, thrown, said.deadline()));
        } else {
            giveUp(CallFailures.broken(visit, thrown, said.deadline()));
        }
    }

    /** Makes the call once more when it may be, of another replica where there is one. */
    private void retry(Failure failure) {
        Replica replica = leave();
        if (replica == null) {
            giveUp(failure);
            return;
        }
        Future<Boolean> _ = destinations.reconsider(replica);
        if (mayTryAgain()) {
            tried.add(replica);
            attempt();
        } else {
            giveUp(failure);
        }
    }

    /** The replica answers, but cannot answer this call now; it may be loading the model, or another one may have it. */
    private void retryUnready(Failure failure) {
        Replica replica = leave();
        if (replica == null || !whole) {
            giveUp(failure);
            return;
        }
        int asked = backend;
        OnLoop.tell(loop, destinations.reconsider(replica)).onComplete(hope -> {
            if (over || asked != backend) {
                return;
            }
            if (hope.succeeded() && hope.result() && mayTryAgain()) {
                attempt();
            } else {
                giveUp(failure);
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

    private void expire() {
        timer = -1;
        if (over) {
            return;
        }
        boolean silent = response == null;
        Failure late = new Failure.DeadlineExceeded("deadline passed before there was an answer");
        settle(late);
        // First, because the reset is told to the answer's own handler.
        fail(late);
        HttpClientRequest stream = request;
        if (stream != null) {
            if (silent) {
                ReplicaConnections.probe(loop.owner(), stream.connection());
            }
            stream.reset(CANCEL);
        }
    }

    private void fail(Failure failure) {
        finish();
        receiver.failed(failure);
    }

    private void finish() {
        over = true;
        // Nobody has waited long enough to know: a client that leaves says nothing about the model.
        settle(null);
        Visit _ = endVisit();
        if (timer >= 0) {
            loop.owner().cancelTimer(timer);
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

    /** Which models were asked; the last is the one that answers. */
    public Route route() {
        return destinations.route();
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
