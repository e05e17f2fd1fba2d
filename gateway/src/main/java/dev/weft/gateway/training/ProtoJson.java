package dev.weft.gateway.training;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.util.JsonFormat;
import dev.weft.kit.error.Failure.Internal;
import dev.weft.kit.error.Failure.InvalidArgument;
import java.nio.charset.StandardCharsets;

/**
 * Messages as JSON, with the fields' names as the {@code .proto} has them.
 *
 * @see <a href="https://protobuf.dev/programming-guides/json/">ProtoJSON</a>
 */
final class ProtoJson {

    private static final JsonFormat.Parser PARSER = JsonFormat.parser();
    private static final JsonFormat.Printer PRINTER =
            JsonFormat.printer().preservingProtoFieldNames().omittingInsignificantWhitespace();

    private ProtoJson() {}

    /**
     * Fills the message of what the body says.
     *
     * @throws InvalidArgument when a field is unknown, or its value does not fit
     */
    static <B extends Message.Builder> B read(byte[] body, B builder) {
        try {
            PARSER.merge(new String(body, StandardCharsets.UTF_8), builder);
            return builder;
        } catch (InvalidProtocolBufferException e) {
            throw new InvalidArgument("body: " + e.getMessage());
        }
    }

    static String write(MessageOrBuilder message) {
        try {
            return PRINTER.print(message);
        } catch (InvalidProtocolBufferException e) {
            throw new Internal("training-dispatcher answered what is no JSON", e);
        }
    }
}
