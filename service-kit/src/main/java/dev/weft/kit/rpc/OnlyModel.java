package dev.weft.kit.rpc;

import dev.weft.kit.error.Failure.PermissionDenied;
import io.grpc.Context;
import io.grpc.Metadata;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * The one model that a call's messages may name, where its caller may not ask all: the gateway has checked the name that it read, and passes on what
 * it did not read.
 */
public final class OnlyModel {

    /** Metadata that names it; binary, as names need not be ASCII. */
    public static final String HEADER = "weft-only-model-bin";

    /** {@link #HEADER} as gRPC's metadata: UTF-8. */
    public static final Metadata.Key<byte[]> METADATA = Metadata.Key.of(HEADER, Metadata.BINARY_BYTE_MARSHALLER);

    /** Where a call keeps it; absent when its messages may name any. */
    public static final Context.Key<String> CONTEXT = Context.key(HEADER);

    private OnlyModel() {}

    /** The name as the header has it. */
    public static String header(String model) {
        return Base64.getEncoder().withoutPadding().encodeToString(model.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Checks a message's model against that of the call.
     *
     * @param only null when the call's messages may name any
     * @throws PermissionDenied when it is another
     */
    public static void check(@Nullable String only, String model) {
        if (only != null && !only.equals(model)) {
            throw new PermissionDenied("model '" + model + "': not for this call (expected: '" + only
                    + "'; the key has a list of models, and such calls name one)");
        }
    }
}
