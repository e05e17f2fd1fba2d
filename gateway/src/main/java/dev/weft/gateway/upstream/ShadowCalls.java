package dev.weft.gateway.upstream;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.weft.gateway.catalog.ResolvedModel;
import dev.weft.gateway.catalog.Shadow;
import dev.weft.kit.error.Failure;
import dev.weft.kit.rpc.RetryBudget;
import dev.weft.kit.telemetry.MetricNames;
import dev.weft.kit.time.Deadline;
import dev.weft.protocol.inference.ModelInferResponse;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.virtual.threads.VirtualThreads;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Sends copies of answered requests to another model, as batch work, and counts whether it answers the same. The client's answer waits for
 * none of it; when there are too many copies on their way, or one is too large to be kept, it is left out and counted. Thread-safe.
 */
@Singleton
final class ShadowCalls {

    private static final Logger LOG = Logger.getLogger(ShadowCalls.class);

    private static final int AT_ONCE = 32;
    private static final int LARGEST = 1 << 20;
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final int WHOLE = 100;

    /** What became of a copy. */
    private enum Result {
        SAME,
        DIFFERENT,
        FAILED,
        DROPPED
    }

    private final ReplicaConnections connections;
    private final CallPlacement placement;
    private final ExecutorService threads;
    private final MeterRegistry meters;
    private final Semaphore slots = new Semaphore(AT_ONCE);

    /** A copy is worth no second attempt. */
    private final RetryBudget retries = new RetryBudget();

    ShadowCalls(
            ReplicaConnections connections,
            CallPlacement placement,
            @VirtualThreads ExecutorService threads,
            MeterRegistry meters) {
        this.connections = connections;
        this.placement = placement;
        this.threads = threads;
        this.meters = meters;
    }

    /**
     * What receives an answer for the client, and a copy of it for the comparison.
     *
     * @param named the model that the message names
     * @return the client's own receiver for a request that is not drawn
     */
    UpstreamCall.Receiver mirror(
            Shadow shadow, String named, UpstreamCall.Request request, UpstreamCall.Receiver receiver) {
        return ThreadLocalRandom.current().nextInt(WHOLE) < shadow.percent()
                ? new Mirror(shadow, named, request, receiver)
                : receiver;
    }

    private final class Mirror implements UpstreamCall.Receiver {

        private final Shadow shadow;
        private final String named;
        private final UpstreamCall.Request request;
        private final UpstreamCall.Receiver client;
        private final MessageReader answer = new MessageReader(LARGEST);
        private @Nullable Buffer body;
        private boolean kept = true;

        private Mirror(Shadow shadow, String named, UpstreamCall.Request request, UpstreamCall.Receiver client) {
            this.shadow = shadow;
            this.named = named;
            this.request = request;
            this.client = client;
        }

        @Override
        public void said(Buffer whole) {
            // A compressed message is not looked into here; it would be passed on as it is.
            body = whole.length() <= LARGEST ? whole.copy() : null;
        }

        @Override
        public void headers(HttpClientResponse response) {
            client.headers(response);
        }

        @Override
        public void data(Buffer data) {
            if (kept && body != null) {
                try {
                    answer.append(data.copy());
                } catch (Failure _) {
                    kept = false; // too large, or compressed
                }
            }
            client.data(data);
        }

        @Override
        public void ended(HttpClientResponse response, @Nullable Failure failure) {
            client.ended(response, failure);
            if (failure != null) {
                return;
            }
            Buffer copy = body;
            byte[] message = kept && copy != null ? answer.next() : null;
            if (copy == null || message == null || !slots.tryAcquire()) {
                count(shadow, Result.DROPPED);
                return;
            }
            send(copy, message);
        }

        @Override
        public void failed(Failure failure) {
            client.failed(failure);
        }

        private void send(Buffer copy, byte[] first) {
            try {
                ResolvedModel model = placement.catalog().resolve(shadow.model(), "", null);
                Placed placed = placement.place(ModelCall.of(named), model.withoutFallbacks(), retries);
                MultiMap metadata = MultiMap.caseInsensitiveMultiMap().set("x-priority", "batch");
                String encoding =
                        request.metadata() == null ? null : request.metadata().get("grpc-encoding");
                if (encoding != null) {
                    metadata.set("grpc-encoding", encoding);
                }
                UpstreamCall.Request said =
                        new UpstreamCall.Request(request.path(), request.id(), metadata, Deadline.after(TIMEOUT));
                UnaryAnswer second = new UnaryAnswer(LARGEST);
                connections.open(connections.context(), said, placed, second).send(copy);
                threads.execute(() -> compare(first, second));
            } catch (Failure failure) {
                slots.release();
                LOG.debugf("shadow %s: %s", shadow.model(), failure.getMessage());
                count(shadow, Result.FAILED);
            }
        }

        private void compare(byte[] first, UnaryAnswer second) {
            Result result = Result.FAILED;
            try {
                byte[] message = second.await(Deadline.after(TIMEOUT));
                boolean same = AnswerComparison.areSame(
                        ModelInferResponse.parseFrom(first), ModelInferResponse.parseFrom(message));
                result = same ? Result.SAME : Result.DIFFERENT;
            } catch (Failure failure) {
                LOG.debugf("shadow %s: %s", shadow.model(), failure.getMessage());
            } catch (InvalidProtocolBufferException e) {
                LOG.warnf("shadow %s answered what is no message: %s", shadow.model(), e.getMessage());
            } finally {
                slots.release();
                count(shadow, result);
            }
        }
    }

    private void count(Shadow shadow, Result result) {
        Counter.builder(MetricNames.GATEWAY_SHADOW)
                .description("Copies of requests to a shadow, by what its answer was")
                .tags("shadow", shadow.model(), "result", result.name().toLowerCase(Locale.ROOT))
                .register(meters)
                .increment();
    }
}
