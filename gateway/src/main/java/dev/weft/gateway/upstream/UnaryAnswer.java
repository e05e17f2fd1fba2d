package dev.weft.gateway.upstream;

import dev.weft.gateway.usage.Tally;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.Cancelled;
import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.Failure.Internal;
import dev.weft.kit.time.Deadline;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The one message that answers a call, for a thread that waits. Written by the call's event loop. */
final class UnaryAnswer implements UpstreamCall.Receiver {

    private static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final CompletableFuture<byte[]> message = new CompletableFuture<>();
    private final MessageReader reader;
    private final @Nullable Tally tally;

    /** The answer to a call that nobody is charged for. */
    UnaryAnswer(long maxMessage) {
        this(maxMessage, null);
    }

    /**
     * @param tally learns what the answer took; null when nobody wants to know
     */
    UnaryAnswer(long maxMessage, @Nullable Tally tally) {
        this.tally = tally;
        this.reader = new MessageReader(maxMessage);
    }

    @Override
    public void headers(HttpClientResponse response) {
        // What they tell comes again with the end.
    }

    @Override
    public void data(Buffer data) {
        if (message.isDone()) {
            return;
        }
        try {
            reader.append(data);
        } catch (Failure failure) {
            message.completeExceptionally(failure);
        }
    }

    @Override
    public void ended(HttpClientResponse response, @Nullable Failure failure) {
        if (message.isDone()) {
            return;
        }
        if (tally != null) {
            GrpcHeaders.note(response, failure, tally);
        }
        byte[] answer = failure == null ? reader.next() : null;
        if (answer != null) {
            message.complete(answer);
        } else {
            failed(failure != null ? failure : new Internal("inference-service answered without a message", null));
        }
    }

    @Override
    public void failed(Failure failure) {
        message.completeExceptionally(failure);
    }

    /**
     * Waits for the message.
     *
     * @param deadline the call's own, at which it fails by itself
     * @throws Failure when there is none
     */
    byte[] await(Deadline deadline) {
        try {
            return message.get(deadline.remaining().toNanos() + GRACE_NANOS, TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Failure failure
                    ? failure
                    : new Internal("internal error: " + e.getCause(), e.getCause());
        } catch (TimeoutException _) {
            throw new DeadlineExceeded("deadline passed before there was an answer");
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new Cancelled("the client went away");
        }
    }
}
