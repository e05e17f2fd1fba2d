package dev.weft.gateway.v2;

import dev.weft.gateway.door.Admission;
import dev.weft.gateway.http.AnsweredBy;
import dev.weft.gateway.http.HttpConfig;
import dev.weft.gateway.http.Priority;
import dev.weft.gateway.http.RestCall;
import dev.weft.gateway.keys.Caller;
import dev.weft.gateway.telemetry.RequestMetrics;
import dev.weft.gateway.upstream.GrpcHeaders;
import dev.weft.gateway.upstream.InferenceUpstream;
import dev.weft.gateway.upstream.ModelCall;
import dev.weft.gateway.upstream.OnBehalf;
import dev.weft.gateway.upstream.UpstreamCall;
import dev.weft.gateway.usage.Tally;
import dev.weft.kit.error.Failure;
import dev.weft.kit.rpc.GrpcTimeout;
import dev.weft.kit.rpc.RequestId;
import dev.weft.kit.time.Deadline;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelMetadataRequest;
import dev.weft.protocol.inference.ModelReadyRequest;
import io.grpc.MethodDescriptor;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Serves the protocol over gRPC by passing the streams of HTTP/2 on as they are: of a message only the model's name is read. A slow side
 * slows the other down, and nothing piles up here. A client's deadline and its going away reach inference-service.
 */
@Singleton
final class GrpcProxy {

    /** Before Quarkus' own handlers, of which none is of use here. */
    private static final int ROUTE_ORDER = -10_000;

    /** A message that is no longer is held until it is whole, so that the call can be made again; of a longer one only the beginning. */
    private static final int HEAD_BYTES = 256 << 10;

    /** Answers up to this size leave with their trailers in one piece. */
    private static final int TAIL_BYTES = 64 << 10;

    /**
     * A call of the protocol.
     *
     * @param runs whether it runs models
     * @param modelField of its request, which holds the model's name; 0 when it names none
     * @param versionField the same for the version
     */
    private record Method(String path, String name, boolean streams, boolean runs, int modelField, int versionField) {}

    private final Map<String, Method> methods = new HashMap<>();
    private final InferenceUpstream upstream;
    private final RequestMetrics metrics;
    private final HttpConfig config;

    GrpcProxy(InferenceUpstream upstream, RequestMetrics metrics, HttpConfig config) {
        this.upstream = upstream;
        this.metrics = metrics;
        this.config = config;
        // Which field of a request holds the model's name; other requests name none.
        Map<String, Integer> modelFields = Map.of(
                "ModelInfer", ModelInferRequest.MODEL_NAME_FIELD_NUMBER,
                "ModelStreamInfer", ModelInferRequest.MODEL_NAME_FIELD_NUMBER,
                "ModelMetadata", ModelMetadataRequest.NAME_FIELD_NUMBER,
                "ModelReady", ModelReadyRequest.NAME_FIELD_NUMBER);
        Map<String, Integer> versionFields = Map.of(
                "ModelInfer", ModelInferRequest.MODEL_VERSION_FIELD_NUMBER,
                "ModelStreamInfer", ModelInferRequest.MODEL_VERSION_FIELD_NUMBER,
                "ModelMetadata", ModelMetadataRequest.VERSION_FIELD_NUMBER,
                "ModelReady", ModelReadyRequest.VERSION_FIELD_NUMBER);
        for (MethodDescriptor<?, ?> method :
                GRPCInferenceServiceGrpc.getServiceDescriptor().getMethods()) {
            String name = String.valueOf(method.getBareMethodName());
            if (name.startsWith("Repository")) {
                continue; // these concern all replicas: RepositoryService answers
            }
            String path = "/" + method.getFullMethodName();
            methods.put(
                    path,
                    new Method(
                            path,
                            name,
                            method.getType() != MethodDescriptor.MethodType.UNARY,
                            name.endsWith("Infer"),
                            modelFields.getOrDefault(name, 0),
                            versionFields.getOrDefault(name, 0)));
        }
    }

    void register(@Observes Router router) {
        // Vert.x reads it when it makes servers and clients, which comes later. Netty's default keeps a queue for
        // stream priorities,
        // which gRPC's clients do not send: it was a third of all that the gateway allocated.
        System.setProperty("vertx.h2StreamByteDistributor", "uniform");
        router.route("/" + GRPCInferenceServiceGrpc.SERVICE_NAME + "/*")
                .order(ROUTE_ORDER)
                .handler(this::pass);
    }

    private void pass(RoutingContext routing) {
        HttpServerRequest client = routing.request();
        String type = client.getHeader("content-type");
        if (!HttpMethod.POST.equals(client.method()) || type == null || !type.startsWith(GrpcHeaders.CONTENT_TYPE)) {
            routing.next();
            return;
        }
        Method method = methods.get(client.path());
        if (method == null) {
            routing.next();
            return;
        }
        RequestId id = RequestId.ofClient(client.getHeader(RequestId.HEADER));
        Admission admission = Admission.of(routing);
        if (admission != null) {
            try {
                admission.begin();
            } catch (Failure failure) {
                metrics.start("grpc", method.name()).stop("", failure);
                client.handler(_ -> {}).resume();
                refuse(client.response(), id, failure);
                return;
            }
        }
        new Exchange(client, id, method, Caller.of(routing), admission).start();
    }

    private static void refuse(HttpServerResponse client, RequestId id, Failure failure) {
        client.putHeader("content-type", GrpcHeaders.CONTENT_TYPE);
        GrpcHeaders.put(failure, id, client.headers());
        client.end();
    }

    /** One call, from its client to inference-service and back. */
    private final class Exchange implements UpstreamCall.Receiver {

        private final HttpServerRequest request;
        private final HttpServerResponse client;
        private final RequestId id;
        private final Method method;
        private final Caller caller;
        private final @Nullable Admission admission;
        private final RequestMetrics.Sample sample;
        private final @Nullable Deadline deadline;

        /** Null until enough of the request has come to know where it goes. */
        private @Nullable UpstreamCall call;

        private @Nullable Buffer head;
        private boolean requestEnded;
        private boolean over;
        private String model = "";
        private @Nullable Buffer tail;

        private Exchange(
                HttpServerRequest request, RequestId id, Method method, Caller caller, @Nullable Admission admission) {
            this.request = request;
            this.client = request.response();
            this.id = id;
            this.method = method;
            this.caller = caller;
            this.admission = admission;
            this.sample = metrics.start("grpc", method.name());
            Deadline clients = GrpcTimeout.deadline(request.getHeader(GrpcTimeout.HEADER));
            this.deadline = clients == null && !method.streams() ? Deadline.after(config.defaultTimeout()) : clients;
        }

        private void start() {
            client.exceptionHandler(_ -> leave());
            request.exceptionHandler(_ -> leave());
            request.handler(this::take);
            request.endHandler(_ -> {
                requestEnded = true;
                if (call == null) {
                    begin();
                } else {
                    call.end();
                }
            });
        }

        private void take(Buffer data) {
            if (call != null) {
                call.write(data);
                if (!call.isWritable()) {
                    request.pause();
                }
                return;
            }
            head = head == null ? data : head.appendBuffer(data);
            // A client may wait for the answer to a stream's first message before it sends the second.
            if (head.length() >= HEAD_BYTES || (method.streams() && isWhole(head))) {
                begin();
            }
        }

        private static boolean isWhole(Buffer message) {
            return message.length() >= NamedModel.PREFIX_BYTES
                    && message.length() - NamedModel.PREFIX_BYTES >= message.getUnsignedInt(1);
        }

        private void begin() {
            if (over) {
                return;
            }
            Buffer said = head == null ? Buffer.buffer() : head;
            head = null;
            NamedModel named =
                    NamedModel.of(said, request.getHeader("grpc-encoding"), method.modelField(), method.versionField());
            model = named.model();
            UpstreamCall begun;
            try {
                begun = upstream.open(
                        new ModelCall(model, named.version(), request.getHeader(RestCall.STICKY_HEADER), isPatient()),
                        new UpstreamCall.Request(method.path(), id, request.headers(), deadline, behalf()),
                        this);
            } catch (Failure failure) {
                failed(failure);
                return;
            }
            call = begun;
            if (requestEnded) {
                begun.send(said);
            } else {
                request.pause();
                begun.open(said, request::resume);
            }
        }

        /** A stream waits: one of its messages that is refused must not cost it the others. */
        private boolean isPatient() {
            return !method.runs()
                    || method.streams()
                    || Priority.BATCH.wireName().equals(request.getHeader(Priority.HEADER));
        }

        /**
         * What was checked of the name that was read must hold for all that follows: a message may name its model twice, and a stream's next message
         * another one.
         */
        private OnBehalf behalf() {
            boolean any = method.modelField() == 0 || caller.models().patterns().isEmpty();
            return new OnBehalf(caller.models(), tally(), any ? null : model);
        }

        /** Null for calls that run no model. */
        private @Nullable Tally tally() {
            return admission == null || !method.runs() ? null : admission.tally();
        }

        private void finish(@Nullable Failure failure) {
            sample.stop(model, failure);
            if (admission != null) {
                admission.end(failure != null);
            }
        }

        private void leave() {
            if (!over) {
                over = true;
                if (call != null) {
                    call.cancel();
                }
                finish(new Failure.Cancelled("the client went away"));
            }
        }

        @Override
        public void headers(HttpClientResponse response) {
            copy(response.headers(), client.headers());
            tellRoute();
        }

        private void tellRoute() {
            UpstreamCall asked = call;
            if (asked != null && !asked.route().backend().isEmpty()) {
                client.putHeader(AnsweredBy.BACKEND_HEADER, asked.route().backend());
                if (!asked.route().tried().isEmpty()) {
                    client.putHeader(AnsweredBy.TRIED_HEADER, asked.route().tried());
                }
            }
        }

        @Override
        public void data(Buffer data) {
            if (!method.streams() && tail == null && !client.headWritten() && data.length() <= TAIL_BYTES) {
                tail = data;
                return;
            }
            flush();
            write(data);
        }

        private void flush() {
            Buffer held = tail;
            tail = null;
            if (held != null) {
                write(held);
            }
        }

        private void write(Buffer data) {
            client.write(data);
            UpstreamCall writing = call;
            if (writing != null && client.writeQueueFull()) {
                writing.pause();
                client.drainHandler(_ -> writing.resume());
            }
        }

        @Override
        public void ended(HttpClientResponse response, @Nullable Failure failure) {
            over = true;
            discardTheRest();
            Tally tally = tally();
            if (tally != null) {
                GrpcHeaders.note(response, failure, tally);
            }
            finish(failure);
            MultiMap trailers = response.trailers();
            if (!trailers.isEmpty()) {
                copy(trailers, client.trailers());
            }
            Buffer held = tail;
            if (held == null) {
                client.end();
            } else {
                client.end(held);
            }
        }

        @Override
        public void failed(Failure failure) {
            over = true;
            discardTheRest();
            finish(failure);
            if (client.headWritten()) {
                GrpcHeaders.put(failure, id, client.trailers());
                client.end();
            } else {
                client.headers().clear();
                tellRoute();
                refuse(client, id, failure);
            }
        }

        /** What the client still sends would otherwise stay. */
        private void discardTheRest() {
            if (!requestEnded) {
                request.handler(_ -> {}).resume();
            }
        }

        private static void copy(MultiMap from, MultiMap to) {
            from.forEach((name, value) -> {
                if (!name.startsWith(":")) {
                    to.add(name, value);
                }
            });
        }
    }
}
