package dev.weft.kit.rpc;

import io.grpc.Metadata;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a call took of a model that the caller did not name, as the trailers of a service that asked the model tell it, once for each model.
 *
 * @param model its name
 */
public record ModelEffort(String model, CallEffort effort) {

    /** Trailer: {@link CallEffort#trailer}, a space, and the model's name as forms of HTML are encoded. */
    public static final Metadata.Key<String> METADATA =
            Metadata.Key.of("weft-model-effort", Metadata.ASCII_STRING_MARSHALLER);

    /** The trailer's value. */
    public String trailer() {
        return effort.trailer() + " " + URLEncoder.encode(model, StandardCharsets.UTF_8);
    }

    /** What such trailers tell; those of another form tell nothing. */
    public static List<ModelEffort> ofTrailers(@Nullable Metadata trailers) {
        Iterable<String> values = trailers == null ? null : trailers.getAll(METADATA);
        List<ModelEffort> efforts = new ArrayList<>();
        if (values != null) {
            for (String value : values) {
                int space = value.indexOf(' ');
                CallEffort effort = CallEffort.ofTrailer(space < 0 ? null : value.substring(0, space));
                if (!effort.equals(CallEffort.NONE)) {
                    efforts.add(new ModelEffort(
                            URLDecoder.decode(value.substring(space + 1), StandardCharsets.UTF_8), effort));
                }
            }
        }
        return efforts;
    }
}
