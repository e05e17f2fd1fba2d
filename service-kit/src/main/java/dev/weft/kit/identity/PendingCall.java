package dev.weft.kit.identity;

import dev.weft.kit.error.Failure;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A call that begins when it is known where it comes from. What happens to it meanwhile, which is little as nobody has asked for its messages,
 * happens to it afterwards. Thread-safe.
 */
final class PendingCall<Q, R> extends ServerCall.Listener<Q> {

    private final ServerCall<Q, R> call;
    private final Metadata headers;
    private final ServerCallHandler<Q, R> next;
    private final BiFunction<ServerCall<Q, R>, Failure, ServerCall.Listener<Q>> refuse;
    private List<Consumer<ServerCall.Listener<Q>>> events = new ArrayList<>();
    private ServerCall.@Nullable Listener<Q> begun;

    PendingCall(
            ServerCall<Q, R> call,
            Metadata headers,
            ServerCallHandler<Q, R> next,
            BiFunction<ServerCall<Q, R>, Failure, ServerCall.Listener<Q>> refuse) {
        this.call = call;
        this.headers = headers;
        this.next = next;
        this.refuse = refuse;
    }

    /** Begins or refuses the call, on the event loop and in the gRPC context of the caller, when the verdict is there. */
    void await(CompletableFuture<Verdict> verdict) {
        Context grpc = Context.current();
        io.vertx.core.Context loop = Vertx.currentContext();
        CompletableFuture<Void> _ = verdict.thenAccept(known -> {
            Runnable begin = grpc.wrap(() -> begin(known));
            if (loop == null) {
                begin.run();
            } else {
                loop.runOnContext(_ -> begin.run());
            }
        });
    }

    private void begin(Verdict verdict) {
        if (call.isCancelled()) {
            replay(new ServerCall.Listener<>() {});
            return;
        }
        switch (verdict) {
            case Verdict.Accepted _ -> replay(next.startCall(call, headers));
            case Verdict.Refused(Failure failure) -> replay(refuse.apply(call, failure));
            case Verdict.Pending(CompletableFuture<Verdict> later) -> await(later);
        }
    }

    private void replay(ServerCall.Listener<Q> listener) {
        while (true) {
            List<Consumer<ServerCall.Listener<Q>>> missed;
            synchronized (this) {
                if (events.isEmpty()) {
                    begun = listener;
                    return;
                }
                missed = events;
                events = new ArrayList<>();
            }
            missed.forEach(event -> event.accept(listener));
        }
    }

    private void pass(Consumer<ServerCall.Listener<Q>> event) {
        ServerCall.Listener<Q> to;
        synchronized (this) {
            to = begun;
            if (to == null) {
                events.add(event);
                return;
            }
        }
        event.accept(to);
    }

    @Override
    public void onMessage(Q message) {
        pass(listener -> listener.onMessage(message));
    }

    @Override
    public void onHalfClose() {
        pass(ServerCall.Listener::onHalfClose);
    }

    @Override
    public void onCancel() {
        pass(ServerCall.Listener::onCancel);
    }

    @Override
    public void onComplete() {
        pass(ServerCall.Listener::onComplete);
    }

    @Override
    public void onReady() {
        pass(ServerCall.Listener::onReady);
    }
}
