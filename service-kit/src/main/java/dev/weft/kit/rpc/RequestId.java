package dev.weft.kit.rpc;

import dev.weft.kit.error.Failure.InvalidArgument;
import io.grpc.Context;
import io.grpc.Metadata;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The id that one request carries from the client through every service and into every log line.
 *
 * @param value 1 to 128 characters, letters, digits and {@code ._:-}, so that it can stand in a header and in a log line as it is
 */
public record RequestId(String value) {

    /** Header of REST and metadata of gRPC. */
    public static final String HEADER = "x-request-id";

    /** {@link #HEADER} as gRPC's metadata. */
    public static final Metadata.Key<String> METADATA = Metadata.Key.of(HEADER, Metadata.ASCII_STRING_MARSHALLER);

    /** Where a gRPC call keeps its id. */
    public static final Context.Key<RequestId> CONTEXT = Context.key(HEADER);

    private static final Pattern FORM = Pattern.compile("[A-Za-z0-9._:-]{1,128}");

    public RequestId {
        if (!FORM.matcher(value).matches()) {
            throw new InvalidArgument(HEADER + ": " + value.length()
                    + " characters of another form (expected: 1 to 128 of letters, digits, '.', '_', ':', '-')");
        }
    }

    /** The client's id where it is well-formed, a new one otherwise: a malformed id is no reason to refuse work. */
    public static RequestId ofClient(@Nullable String value) {
        return value != null && FORM.matcher(value).matches() ? new RequestId(value) : random();
    }

    /** A new id of 16 hexadecimal digits; it identifies, it does not authenticate. */
    public static RequestId random() {
        return new RequestId(
                HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong()));
    }
}
