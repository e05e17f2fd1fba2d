package dev.weft.inference.provider;

import dev.weft.inference.tensor.DataType;
import dev.weft.inference.tensor.Shape;
import dev.weft.inference.tensor.Tensor;
import dev.weft.inference.tensor.Utf8;
import dev.weft.kit.error.Failure.InvalidArgument;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Texts as tensors, and what they come to. Stateless. */
final class ProviderText {

    /** OpenAI's rule of thumb for English, where a provider does not tell how many tokens it has counted. */
    private static final int CHARACTERS_PER_TOKEN = 4;

    private ProviderText() {}

    /**
     * The texts of a request's only input.
     *
     * @param expected its possible names
     */
    static List<String> read(List<Tensor> inputs, List<String> expected) {
        if (inputs.size() != 1 || !expected.contains(inputs.getFirst().name())) {
            throw new InvalidArgument(
                    "inputs: " + inputs.stream().map(Tensor::name).toList() + " (expected: "
                            + (expected.size() == 1 ? expected : "one of " + expected) + ")");
        }
        Tensor input = inputs.getFirst();
        if (!(input instanceof Tensor.Strings strings)
                || input.shape().dims().size() != 1
                || strings.elements().isEmpty()) {
            throw new InvalidArgument("input '" + input.name() + "': " + input.type() + " " + input.shape()
                    + " (expected: BYTES [rows])");
        }
        return Utf8.decode(strings);
    }

    /** About how many tokens a text has; at least 1. */
    static long tokens(long characters) {
        return Math.max(1, (characters + CHARACTERS_PER_TOKEN - 1) / CHARACTERS_PER_TOKEN);
    }

    /** Counts as INT64 [counts]. */
    static Tensor counts(String name, long... values) {
        ByteBuffer data = ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (long value : values) {
            data.putLong(value);
        }
        return new Tensor.Numbers(name, DataType.INT64, Shape.of(values.length), data.flip());
    }
}
