package dev.weft.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weft.gateway.routing.Placement.Visit;
import dev.weft.gateway.routing.Replica;
import dev.weft.kit.error.Failure.Cancelled;
import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.Failure.Internal;
import dev.weft.kit.error.Failure.NotFound;
import dev.weft.kit.error.Failure.TooLarge;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.rpc.RequestId;
import dev.weft.kit.time.Deadline;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.ServerReadyRequest;
import dev.weft.protocol.inference.ServerReadyResponse;
import io.grpc.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Calls to a server of HTTP/2 that misbehaves as it is told to. */
class UpstreamCallTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Vertx vertx = Vertx.vertx();
    private final Set<String> connections = ConcurrentHashMap.newKeySet();
    private final AtomicInteger requests = new AtomicInteger();

    /** What the server does with its requests, in their order; afterwards it answers. */
    private final LinkedBlockingQueue<Consumer<HttpServerRequest>> faults = new LinkedBlockingQueue<>();

    private volatile @Nullable String shown = "Bearer the-token-of-the-gateway";
    private HttpServer server = vertx.createHttpServer();
    private final ReplicaConnections upstream =
            new ReplicaConnections(1_000, vertx, new Credentials(() -> shown, null));
    private final AtomicInteger reconsidered = new AtomicInteger();
    private boolean hopeful;
    private Replica replica = new Replica("127.0.0.1:1", "default");

    @BeforeEach
    void listen() throws Exception {
        server = server.requestHandler(this::serve)
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
        replica = new Replica("127.0.0.1:" + server.actualPort(), "default");
    }

    @AfterEach
    void close() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    /** The server again and again, and what it was thought of. */
    private final class Always implements Destinations {
        private final Replica replica;

        private Always(Replica replica) {
            this.replica = replica;
        }

        @Override
        public Future<Replica> next(List<Replica> tried) {
            return Future.succeededFuture(replica);
        }

        @Override
        public Visit visit(Replica to) {
            to.begin();
            return new Visit(to, null);
        }

        @Override
        public boolean again() {
            return true;
        }

        @Override
        public Future<Boolean> reconsider(Replica of) {
            reconsidered.incrementAndGet();
            return Future.succeededFuture(hopeful);
        }
    }

    private void serve(HttpServerRequest request) {
        requests.incrementAndGet();
        connections.add(String.valueOf(request.connection().remoteAddress()));
        Consumer<HttpServerRequest> fault = faults.poll();
        if (fault != null) {
            fault.accept(request);
        } else {
            answer(request);
        }
    }

    private static void answer(HttpServerRequest request) {
        HttpServerResponse response = request.response();
        response.putHeader("content-type", "application/grpc").putTrailer("grpc-status", "0");
        response.end(ReplicaConnections.message(
                ServerReadyResponse.newBuilder().setReady(true).build()));
    }

    private boolean ready(Duration timeout) {
        return ready(timeout, null);
    }

    private boolean ready(Duration timeout, Context.@Nullable CancellableContext work) {
        return upstream.call(
                        request(timeout),
                        new Always(replica),
                        receiver -> receiver,
                        work,
                        GRPCInferenceServiceGrpc.getServerReadyMethod(),
                        ServerReadyRequest.getDefaultInstance())
                .getReady();
    }

    private static UpstreamCall.Request request(Duration timeout) {
        return new UpstreamCall.Request(
                ReplicaConnections.path(GRPCInferenceServiceGrpc.getServerReadyMethod()),
                RequestId.random(),
                null,
                Deadline.after(timeout));
    }

    @AfterEach
    void everyVisitHasEnded() {
        await().untilAsserted(() -> assertThat(replica.outstanding()).isZero());
    }

    @Test
    void answerComesBack() {
        assertThat(ready(PATIENCE)).isTrue();
    }

    @Test
    void replicaThatIsNotReadyIsAskedAgainWhenItMayBeSoon() {
        hopeful = true;
        faults.add(UpstreamCallTest::notReady);

        assertThat(ready(PATIENCE)).isTrue();
        assertThat(requests).hasValue(2);
    }

    @Test
    void replicaThatWillNotBeReadyIsTakenAtItsWord() {
        hopeful = false;
        faults.add(UpstreamCallTest::notReady);

        assertThatThrownBy(() -> ready(PATIENCE))
                .isInstanceOf(Unavailable.class)
                .hasMessage("model 'm' is not loaded");
        assertThat(requests).hasValue(1);
        assertThat(reconsidered).hasValue(1);
    }

    private static void notReady(HttpServerRequest request) {
        HttpServerResponse response = request.response();
        response.putHeader("grpc-status", "14").putHeader("grpc-message", "model 'm' is not loaded");
        response.end();
    }

    @Test
    void callWhoseConnectionBreaksIsMadeOnceMore() {
        faults.add(request -> request.connection().close());

        assertThat(ready(PATIENCE)).isTrue();
        assertThat(requests).hasValue(2);
    }

    @Test
    void callThatTheServerDidNotTakeIsMadeOnceMore() {
        faults.add(request -> request.response().reset(7));

        assertThat(ready(PATIENCE)).isTrue();
        assertThat(requests).hasValue(2);
    }

    @Test
    void callThatAnEndingServerResetsIsMadeOnceMore() {
        faults.add(request -> request.response().reset(2));

        assertThat(ready(PATIENCE)).isTrue();
        assertThat(requests).hasValue(2);
    }

    @Test
    void callThatTheServerResetsForGoodIsNotMadeAgain() {
        faults.add(request -> request.response().reset(11));

        assertThatThrownBy(() -> ready(PATIENCE)).isInstanceOf(Unavailable.class);
        assertThat(requests).hasValue(1);
    }

    @Test
    void callIsNotMadeForEver() {
        for (int i = 0; i < 10; i++) {
            faults.add(request -> request.connection().close());
        }

        assertThatThrownBy(() -> ready(PATIENCE)).isInstanceOf(Unavailable.class);
        assertThat(requests).hasValue(3);
    }

    @Test
    void everyCallShowsTheTokenOfTheMoment() {
        LinkedBlockingQueue<String> seen = new LinkedBlockingQueue<>();
        Consumer<HttpServerRequest> look = request -> {
            seen.add(String.valueOf(request.getHeader("authorization")));
            answer(request);
        };
        faults.addAll(List.of(look, look, look));

        ready(PATIENCE);
        shown = "Bearer its-next-token";
        ready(PATIENCE);
        shown = null;
        ready(PATIENCE);

        assertThat(seen).containsExactly("Bearer the-token-of-the-gateway", "Bearer its-next-token", "null");
    }

    @Test
    void replicaThatDoesNotKnowTheGatewayIsUnavailableAndSaysWhy() {
        for (int i = 0; i < 3; i++) {
            faults.add(request -> {
                HttpServerResponse response = request.response();
                response.putHeader("grpc-status", "16").putHeader("grpc-message", "authorization: not known");
                response.end();
            });
        }

        assertThatThrownBy(() -> ready(PATIENCE))
                .isInstanceOf(Unavailable.class)
                .hasMessage("inference-service at " + replica.id() + " refuses this gateway's calls");
        assertThat(replica.trouble()).isEqualTo("refuses this gateway's calls: authorization: not known");
        assertThat(requests).as("another replica might know it").hasValue(3);
    }

    @Test
    void refusalAfterTheBeginningOfAnAnswerIsTheMeshsFaultToo() {
        faults.add(request -> {
            HttpServerResponse response = request.response();
            response.putHeader("content-type", "application/grpc").putTrailer("grpc-status", "16");
            response.end(Buffer.buffer(new byte[] {0, 0, 0, 0, 0}));
        });

        assertThatThrownBy(() -> ready(PATIENCE)).isInstanceOf(Unavailable.class);
        assertThat(requests).hasValue(1);
    }

    @Test
    void answerThatBreaksOffIsNotAskedForAgain() {
        faults.add(request -> {
            HttpServerResponse response = request.response();
            response.setChunked(true);
            response.write(Buffer.buffer(new byte[] {0, 0, 0}));
            response.reset(2);
        });

        assertThatThrownBy(() -> ready(PATIENCE)).isInstanceOf(Unavailable.class);
        assertThat(requests).hasValue(1);
    }

    @Test
    void nobodyThereIsUnavailable() throws Exception {
        server.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);

        assertThatThrownBy(() -> ready(PATIENCE))
                .isInstanceOf(Unavailable.class)
                .hasMessageContaining("does not answer");
    }

    @Test
    void failureOfTheCallKeepsItsCodeAndMessage() {
        faults.add(request -> {
            HttpServerResponse response = request.response();
            response.putHeader("grpc-status", "5").putHeader("grpc-message", "model '%C3%A9' is unknown");
            response.end();
        });

        assertThatThrownBy(() -> ready(PATIENCE)).isInstanceOf(NotFound.class).hasMessage("model 'é' is unknown");
    }

    @Test
    void answerThatIsNoGrpcIsUnavailable() {
        faults.add(request -> request.response().setStatusCode(503).end("a proxy's page"));

        assertThatThrownBy(() -> ready(PATIENCE))
                .isInstanceOf(Unavailable.class)
                .hasMessage("inference-service answered HTTP 503");
    }

    @Test
    void answerWithoutStatusOrMessageIsADefect() {
        faults.add(request -> request.response().end());
        assertThatThrownBy(() -> ready(PATIENCE)).isInstanceOf(Internal.class).hasMessageContaining("without a status");

        faults.add(request -> request.response().putHeader("grpc-status", "0").end());
        assertThatThrownBy(() -> ready(PATIENCE))
                .isInstanceOf(Internal.class)
                .hasMessageContaining("without a message");
    }

    @Test
    void answerOverTheLimitIsRefused() {
        faults.add(request -> {
            HttpServerResponse response = request.response();
            response.putTrailer("grpc-status", "0");
            response.end(Buffer.buffer().appendByte((byte) 0).appendInt(1_001).appendBytes(new byte[1_001]));
        });

        assertThatThrownBy(() -> ready(PATIENCE)).isInstanceOf(TooLarge.class);
    }

    @Test
    void serverThatIsSilentIsGivenUpAtTheDeadline() {
        faults.add(request -> {});

        assertThatThrownBy(() -> ready(Duration.ofMillis(200))).isInstanceOf(DeadlineExceeded.class);
        assertThat(ready(PATIENCE)).isTrue();
    }

    @Test
    void workThatIsCancelledIsGivenUpAtOnce() throws Exception {
        LinkedBlockingQueue<String> resets = new LinkedBlockingQueue<>();
        Context.CancellableContext work = Context.ROOT.withCancellation();
        faults.add(request -> {
            request.response().exceptionHandler(thrown -> resets.add(String.valueOf(thrown)));
            work.cancel(null);
        });

        assertThatThrownBy(() -> ready(PATIENCE, work)).isInstanceOf(Cancelled.class);
        assertThat(resets.poll(10, TimeUnit.SECONDS)).contains("8");
    }

    @Test
    void connectionIsSharedByCallsOfOneEventLoop() throws Exception {
        vertx.runOnContext(_ -> {
            for (int i = 0; i < 20; i++) {
                upstream.open(upstream.context(), request(PATIENCE), new Always(replica), new UnaryAnswer(1_000))
                        .send(ReplicaConnections.message(ServerReadyRequest.getDefaultInstance()));
            }
        });

        await().untilAsserted(() -> assertThat(requests).hasValue(20));
        assertThat(connections).hasSize(1);
    }
}
