package dev.weft.inference.tensor;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Strict UTF-8: bytes that are none are refused, never replaced in silence. */
public final class Utf8 {

    private Utf8() {}

    /**
     * Decodes every element of a tensor.
     *
     * @throws InvalidArgument naming the element and the first byte that is no UTF-8
     */
    public static List<String> decode(Tensor.Strings tensor) {
        List<String> texts = new ArrayList<>(tensor.elements().size());
        for (int i = 0; i < tensor.elements().size(); i++) {
            texts.add(decode(tensor.elements().get(i), "input '" + tensor.name() + "'[" + i + "]"));
        }
        return texts;
    }

    private static String decode(byte[] bytes, String field) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer out = CharBuffer.allocate(bytes.length);
        CoderResult result = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT)
                .decode(in, out, true);
        if (result.isError()) {
            throw new InvalidArgument(field + ": byte " + in.position() + " is not valid UTF-8 (expected: UTF-8 text)");
        }
        return out.flip().toString();
    }
}
