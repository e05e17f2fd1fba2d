package dev.weft.gateway.door;

import dev.weft.gateway.http.HttpFailures;
import dev.weft.gateway.keys.Authenticator;
import dev.weft.gateway.keys.Caller;
import dev.weft.gateway.keys.Credential;
import dev.weft.gateway.keys.KeysConfig;
import dev.weft.gateway.keys.WorkerToken;
import dev.weft.gateway.limits.KeyLimiter;
import dev.weft.gateway.limits.Limiters;
import dev.weft.gateway.upstream.GrpcHeaders;
import dev.weft.gateway.usage.UsageCounters;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.Unauthenticated;
import dev.weft.kit.error.GrpcFailures;
import dev.weft.kit.rpc.RequestId;
import dev.weft.kit.telemetry.MetricNames;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

/**
 * The first handler of every request, REST's and gRPC's: nothing behind it runs, and no body is read, before it is known who asks and that he
 * may.
 */
@Singleton
public class Door {

    /** Before everything else, the pass-through of gRPC among it. */
    private static final int ROUTE_ORDER = -20_000;

    private static final String METRICS = "/q/metrics";

    /** HTTP/2's code for: nothing is wrong, but send no more. */
    private static final long NO_ERROR = 0;

    private static final int FIRST_ERROR = 400;

    private final AccessTable table = new AccessTable();
    private final Authenticator authenticator;
    private final Limiters limiters;
    private final UsageCounters usage;
    private final MeterRegistry registry;
    private final boolean openMetrics;

    Door(
            Authenticator authenticator,
            Limiters limiters,
            UsageCounters usage,
            MeterRegistry registry,
            KeysConfig config) {
        this.authenticator = authenticator;
        this.limiters = limiters;
        this.usage = usage;
        this.registry = registry;
        this.openMetrics = config.openMetrics();
    }

    void register(@Observes Router router) {
        router.route().order(ROUTE_ORDER).handler(this::enter);
    }

    private void enter(RoutingContext context) {
        HttpServerRequest request = context.request();
        Access access = access(request.method(), context.normalizedPath());
        if (access instanceof Access.Open) {
            context.next();
            return;
        }
        try {
            if (access instanceof Access.Worker) {
                var _ = WorkerToken.of(request.getHeader("Authorization"));
                context.next();
                return;
            }
            Credential credential = identify(request);
            access.require(credential.caller());
            credential.caller().attach(context);
            admit(context, credential);
        } catch (Failure failure) {
            refuse(context, failure);
            return;
        }
        context.next();
    }

    private void admit(RoutingContext context, Credential credential) {
        KeyLimiter limiter = limiters.of(credential);
        boolean grpc = isGrpc(context);
        HttpServerResponse response = context.response();
        if (limiter != null && !grpc) {
            // Told at the end, when more of it may be used, and of refusals too.
            context.addHeadersEndHandler(_ -> limiter.tell(System.nanoTime(), response::putHeader));
        }
        Admission admission = new Admission(credential.caller(), limiter, limiters.budget(credential), usage);
        if (limiter != null) {
            limiter.admit(System.nanoTime());
        }
        admission.attach(context);
        if (!grpc) {
            admission.begin();
            context.addEndHandler(ended -> admission.end(ended.failed() || response.getStatusCode() >= FIRST_ERROR));
        }
    }

    /** Calls of gRPC end where they are answered; what names a path of REST is a request of REST, whatever it says of its content. */
    private static boolean isGrpc(RoutingContext context) {
        String type = context.request().getHeader("content-type");
        return type != null
                && type.startsWith(GrpcHeaders.CONTENT_TYPE)
                && !HttpFailures.isOurs(context.normalizedPath());
    }

    private Access access(HttpMethod method, String path) {
        return openMetrics && path.equals(METRICS) ? AccessTable.OPEN : table.of(method, path);
    }

    private Credential identify(HttpServerRequest request) {
        Credential shown =
                authenticator.authenticate(request.getHeader("Authorization"), request.getHeader("x-api-key"));
        if (shown != null) {
            return shown;
        }
        Credential anonymous = LocalUse.isLikely(request) ? authenticator.anonymous() : null;
        return require(anonymous);
    }

    private static Credential require(@Nullable Credential credential) {
        if (credential == null) {
            throw new Unauthenticated("key: missing (expected: the header Authorization: Bearer and a key)");
        }
        return credential;
    }

    /**
     * Who makes a gRPC call that came by another way than through here.
     *
     * @throws Failure when he may not
     */
    Caller caller(String method, @Nullable String authorization, @Nullable String apiKey) {
        Access access = table.of(HttpMethod.POST, "/" + method);
        if (access instanceof Access.Open) {
            return Caller.NOBODY;
        }
        Credential shown = authenticator.authenticate(authorization, apiKey);
        Caller caller =
                require(shown == null ? authenticator.anonymous() : shown).caller();
        access.require(caller);
        return caller;
    }

    private void refuse(RoutingContext context, Failure failure) {
        String outcome = GrpcFailures.toStatus(failure).getStatus().getCode().name();
        registry.counter(MetricNames.GATEWAY_REFUSALS, "outcome", outcome).increment();
        HttpServerRequest request = context.request();
        RequestId id = RequestId.ofClient(request.getHeader(RequestId.HEADER));
        HttpServerResponse response = request.response();
        if (!isGrpc(context)) {
            response.putHeader(RequestId.HEADER, id.value());
            HttpFailures.answer(context, failure);
            return;
        }
        response.putHeader("content-type", GrpcHeaders.CONTENT_TYPE);
        GrpcHeaders.put(failure, id, response.headers());
        request.exceptionHandler(_ -> {});
        response.end().onComplete(_ -> {
            if (!request.isEnded()) {
                response.reset(NO_ERROR);
            }
        });
    }
}
