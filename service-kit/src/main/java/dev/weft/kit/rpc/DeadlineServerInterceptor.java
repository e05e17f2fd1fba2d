package dev.weft.kit.rpc;

import dev.weft.kit.time.Deadline;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.quarkus.grpc.GlobalInterceptor;
import jakarta.enterprise.inject.spi.Prioritized;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Takes a call's deadline from the {@code grpc-timeout} header: Quarkus' unified server, unlike grpc-java's own, does not put it
 * into the gRPC context.
 *
 * @see <a href="https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md">gRPC over HTTP/2: Timeout</a>
 */
@GlobalInterceptor
@Singleton
public class DeadlineServerInterceptor implements ServerInterceptor, Prioritized {

    /** Where a call keeps its deadline; absent when the client set none. */
    public static final Context.Key<Deadline> CONTEXT = Context.key("deadline");

    private static final Metadata.Key<String> GRPC_TIMEOUT =
            Metadata.Key.of("grpc-timeout", Metadata.ASCII_STRING_MARSHALLER);

    private static final Pattern FORM = Pattern.compile("(\\d{1,8})([HMSmun])");

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        Duration timeout = parse(headers.get(GRPC_TIMEOUT));
        if (timeout == null) {
            return next.startCall(call, headers);
        }
        return Contexts.interceptCall(
                Context.current().withValue(CONTEXT, Deadline.after(timeout)), call, headers, next);
    }

    static @Nullable Duration parse(@Nullable String value) {
        if (value == null) {
            return null;
        }
        Matcher matcher = FORM.matcher(value);
        if (!matcher.matches()) {
            return null;
        }
        long amount = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "H" -> Duration.ofHours(amount);
            case "M" -> Duration.ofMinutes(amount);
            case "S" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMillis(amount);
            case "u" -> Duration.ofNanos(amount * 1_000);
            default -> Duration.ofNanos(amount);
        };
    }

    @Override
    public int getPriority() {
        return Integer.MAX_VALUE - 1;
    }
}
