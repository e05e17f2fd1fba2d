package dev.weft.gateway.upstream;

import dev.weft.gateway.usage.Tally;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.GrpcFailures;
import dev.weft.kit.rpc.CallEffort;
import dev.weft.kit.rpc.RequestId;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpClientResponse;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A gRPC call's outcome, as headers of HTTP/2.
 *
 * @see <a href="https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md">gRPC over HTTP/2</a>
 */
public final class GrpcHeaders {

    public static final String STATUS = "grpc-status";
    public static final String MESSAGE = "grpc-message";
    public static final String CONTENT_TYPE = "application/grpc";

    // Values of STATUS.
    static final String OK = "0";

    /** Without a message: the replica cannot answer now. */
    static final String UNAVAILABLE = "14";

    /** The replica does not know this gateway by its token. */
    static final String UNAUTHENTICATED = "16";

    private GrpcHeaders() {}

    /** What a response that has ended tells of the call; null when it succeeded. */
    static @Nullable Failure failure(HttpClientResponse response) {
        // An answer without a message may tell its status in its headers, which are its last.
        MultiMap headers = response.trailers().contains(STATUS) ? response.trailers() : response.headers();
        String code = headers.get(STATUS);
        if (code == null) {
            return new Failure.Internal("the answer of inference-service ended without a status", null);
        }
        if (code.equals(OK)) {
            return null;
        }
        Status status = status(code).withDescription(decode(headers.get(MESSAGE)));
        Metadata trailers = new Metadata();
        String retryAfter = headers.get(GrpcFailures.RETRY_AFTER_MS.name());
        if (retryAfter != null) {
            trailers.put(GrpcFailures.RETRY_AFTER_MS, retryAfter);
        }
        if (headers.contains(GrpcFailures.CROWDED.name())) {
            trailers.put(GrpcFailures.CROWDED, "true");
        }
        if (GrpcFailures.NO_RETRY.equals(headers.get(GrpcFailures.PUSHBACK.name()))) {
            trailers.put(GrpcFailures.PUSHBACK, GrpcFailures.NO_RETRY);
        }
        return GrpcFailures.toFailure(status.asRuntimeException(trailers));
    }

    /** Notes what a call that has ended took, as inference-service tells it in the trailers. */
    public static void note(HttpClientResponse response, @Nullable Failure failure, Tally tally) {
        if (failure instanceof Failure.NotFound) {
            tally.unknownModel();
        }
        tally.add(CallEffort.ofTrailer(response.trailers().get(CallEffort.TRAILER)));
    }

    private static Status status(String code) {
        try {
            return Status.fromCodeValue(Integer.parseInt(code));
        } catch (NumberFormatException _) {
            return Status.UNKNOWN;
        }
    }

    /** Tells a client of the failure. */
    public static void put(Failure failure, RequestId id, MultiMap headers) {
        StatusRuntimeException told = GrpcFailures.toStatus(failure);
        headers.set(STATUS, Integer.toString(told.getStatus().getCode().value()));
        headers.set(MESSAGE, encode(failure.getMessage()));
        headers.set(RequestId.HEADER, id.value());
        Metadata trailers = told.getTrailers();
        String retryAfter = trailers == null ? null : trailers.get(GrpcFailures.RETRY_AFTER_MS);
        if (retryAfter != null) {
            headers.set(GrpcFailures.RETRY_AFTER_MS.name(), retryAfter);
        }
    }

    /** All but printable ASCII, and the percent sign, becomes percent signs and the hexadecimal digits of UTF-8. */
    static String encode(String message) {
        StringBuilder encoded = new StringBuilder(message.length());
        for (byte b : message.getBytes(StandardCharsets.UTF_8)) {
            if (b >= ' ' && b <= '~' && b != '%') {
                encoded.append((char) b);
            } else {
                encoded.append('%');
                encoded.append(Character.toUpperCase(Character.forDigit((b >> 4) & 0xF, 16)));
                encoded.append(Character.toUpperCase(Character.forDigit(b & 0xF, 16)));
            }
        }
        return encoded.toString();
    }

    /** The message that was encoded; a percent sign without two digits stands for itself. */
    static @Nullable String decode(@Nullable String encoded) {
        if (encoded == null || encoded.indexOf('%') < 0) {
            return encoded;
        }
        ByteArrayOutputStream decoded = new ByteArrayOutputStream(encoded.length());
        for (int i = 0; i < encoded.length(); i++) {
            char c = encoded.charAt(i);
            if (c == '%' && i + 2 < encoded.length()) {
                int high = Character.digit(encoded.charAt(i + 1), 16);
                int low = Character.digit(encoded.charAt(i + 2), 16);
                if (high >= 0 && low >= 0) {
                    decoded.write(16 * high + low);
                    i += 2;
                    continue;
                }
            }
            decoded.write(c);
        }
        return decoded.toString(StandardCharsets.UTF_8);
    }
}
