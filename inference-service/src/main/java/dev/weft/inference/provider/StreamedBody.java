package dev.weft.inference.provider;

import dev.weft.kit.error.Failure.Cancelled;
import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.time.Deadline;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow.Subscription;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The body of an answer, read by one thread as it comes. Java's own streams have no timeout for what follows the headers; this one has the
 * request's deadline, and a limit for silence. Closing it ends the exchange.
 */
final class StreamedBody implements BodySubscriber<StreamedBody>, AutoCloseable {

    private sealed interface Item {
        record Bytes(List<ByteBuffer> buffers) implements Item {}

        record End() implements Item {}

        record Broken(Throwable cause) implements Item {}
    }

    private static final Duration LAST_PATIENCE = Duration.ofSeconds(1);

    private final String provider;
    private final Deadline deadline;
    private final Duration silence;

    /** What has been asked for, one item at a time, and the end. */
    private final BlockingQueue<Item> items = new LinkedBlockingQueue<>();

    private final CompletableFuture<Subscription> subscription = new CompletableFuture<>();

    StreamedBody(String provider, Deadline deadline, Duration silence) {
        this.provider = provider;
        this.deadline = deadline;
        this.silence = silence;
    }

    @Override
    public CompletionStage<StreamedBody> getBody() {
        return CompletableFuture.completedStage(this);
    }

    @Override
    public void onSubscribe(Subscription subscribed) {
        subscription.complete(subscribed);
        subscribed.request(1);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        items.add(new Item.Bytes(buffers));
    }

    @Override
    public void onError(Throwable thrown) {
        items.add(new Item.Broken(thrown));
    }

    @Override
    public void onComplete() {
        items.add(new Item.End());
    }

    /**
     * The bytes that come next; empty at the end. Blocks until there are some.
     *
     * @throws DeadlineExceeded when nobody waits any more
     * @throws Unavailable when the connection breaks, or the provider is silent for too long
     */
    Optional<byte[]> next() {
        return switch (await()) {
            case Item.Bytes(List<ByteBuffer> buffers) -> {
                subscription.join().request(1);
                yield Optional.of(copy(buffers));
            }
            case Item.End end -> {
                items.add(end);
                yield Optional.empty();
            }
            case Item.Broken(Throwable cause) ->
                throw Unavailable.afterRetries(
                        "provider '" + provider + "': the answer breaks off: " + cause.getMessage());
        };
    }

    private Item await() {
        Duration left = deadline.remaining();
        @Nullable Item item = poll(left.compareTo(silence) < 0 ? left : silence);
        if (item != null) {
            return item;
        }
        if (deadline.isExpired()) {
            throw new DeadlineExceeded("deadline passed while provider '" + provider + "' had the request");
        }
        throw Unavailable.afterRetries("provider '" + provider + "': silent for " + silence + " within its answer");
    }

    private @Nullable Item poll(Duration patience) {
        try {
            return items.poll(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new Cancelled("the client went away");
        }
    }

    /** Waits a moment for the end of which nothing more is expected: a connection that is given up before its end is not used again. */
    void awaitEnd() {
        Deadline last = Deadline.after(LAST_PATIENCE);
        while (poll(last.remaining()) instanceof Item.Bytes) {
            subscription.join().request(1);
        }
    }

    private static byte[] copy(List<ByteBuffer> buffers) {
        int length = buffers.stream().mapToInt(ByteBuffer::remaining).sum();
        byte[] bytes = new byte[length];
        int at = 0;
        for (ByteBuffer buffer : buffers) {
            int count = buffer.remaining();
            buffer.get(bytes, at, count);
            at += count;
        }
        return bytes;
    }

    /**
     * All that follows.
     *
     * @param limit in bytes, over which the rest is left
     */
    byte[] readAll(int limit) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        while (all.size() <= limit) {
            Optional<byte[]> bytes = next();
            if (bytes.isEmpty()) {
                return all.toByteArray();
            }
            all.writeBytes(bytes.get());
        }
        throw Unavailable.afterRetries("provider '" + provider + "': an answer of more than " + limit + " bytes");
    }

    /** Of an answer that has ended nothing; otherwise its connection or stream is given up. */
    @Override
    public void close() {
        CompletableFuture<Void> _ = subscription.thenAccept(Subscription::cancel);
    }
}
