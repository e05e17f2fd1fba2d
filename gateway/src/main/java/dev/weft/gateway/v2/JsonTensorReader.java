package dev.weft.gateway.v2;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.weft.kit.error.Failure.InvalidArgument;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Reads one tensor's {@code data}, flat or nested, into the protocol's raw form while the parser reads the body. */
final class JsonTensorReader {

    private static final BigInteger UINT64_MAX = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);

    private final String field;
    private final String datatype;
    private final List<Long> shape;
    private final int elements;
    private ByteBuffer out;
    private int count;

    /**
     * @param field where the tensor stands in the body, for messages
     * @param datatype of the protocol; one that it does not know is refused here
     * @param shape as the client sent it
     */
    JsonTensorReader(String field, String datatype, List<Long> shape) {
        this.field = field;
        this.datatype = datatype;
        this.shape = shape;
        this.elements = RawTensors.elements(shape, field + ".shape");
        int size = RawTensors.size(datatype, field + ".datatype");
        this.out = ByteBuffer.allocate(size > 0 ? Math.min(elements, 1 << 16) * size : 64)
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Reads the array on whose opening bracket the parser stands. */
    ByteString read(JsonParser parser) throws IOException {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            throw new InvalidArgument(field + ".data: " + parser.currentToken() + " (expected: an array)");
        }
        if (parser.nextToken() == JsonToken.START_ARRAY && shape.size() > 1) {
            readNested(parser, 0);
        } else {
            readFlat(parser);
        }
        if (count != elements) {
            throw new InvalidArgument(
                    field + ".data: " + count + " elements (expected: " + elements + " for shape " + shape + ")");
        }
        return UnsafeByteOperations.unsafeWrap(out.flip());
    }

    private void readFlat(JsonParser parser) throws IOException {
        for (; parser.currentToken() != JsonToken.END_ARRAY; parser.nextToken()) {
            element(parser);
        }
    }

    /** The parser stands on the first token inside the array of that dimension; its length must be the dimension's. */
    private void readNested(JsonParser parser, int dimension) throws IOException {
        int length = 0;
        for (; parser.currentToken() != JsonToken.END_ARRAY; parser.nextToken(), length++) {
            if (dimension == shape.size() - 1) {
                element(parser);
            } else if (parser.currentToken() == JsonToken.START_ARRAY) {
                parser.nextToken();
                readNested(parser, dimension + 1);
            } else {
                throw new InvalidArgument(field + ".data: " + parser.currentToken() + " at depth " + (dimension + 1)
                        + " (expected: an array, as shape " + shape + " says)");
            }
        }
        if (length != shape.get(dimension)) {
            throw new InvalidArgument(field + ".data: " + length + " entries in dimension " + dimension + " (expected: "
                    + shape.get(dimension) + ", as shape " + shape + " says)");
        }
    }

    private void element(JsonParser parser) throws IOException {
        if (count == elements) {
            throw new InvalidArgument(field + ".data: more than " + elements + " elements (expected: " + elements
                    + " for shape " + shape + ")");
        }
        ensure(8);
        switch (datatype) {
            case "BOOL" -> out.put((byte) (bool(parser) ? 1 : 0));
            case "UINT8" -> out.put((byte) integer(parser, 0, 255));
            case "INT8" -> out.put((byte) integer(parser, Byte.MIN_VALUE, Byte.MAX_VALUE));
            case "UINT16" -> out.putShort((short) integer(parser, 0, 65_535));
            case "INT16" -> out.putShort((short) integer(parser, Short.MIN_VALUE, Short.MAX_VALUE));
            case "UINT32" -> out.putInt((int) integer(parser, 0, 4_294_967_295L));
            case "INT32" -> out.putInt((int) integer(parser, Integer.MIN_VALUE, Integer.MAX_VALUE));
            case "INT64" -> out.putLong(integer(parser, Long.MIN_VALUE, Long.MAX_VALUE));
            case "UINT64" -> out.putLong(unsigned(parser));
            case "FP16" -> out.putShort(Float.floatToFloat16(finite(parser, 65_504)));
            case "BF16" -> out.putShort(RawTensors.toBf16(finite(parser, Float.MAX_VALUE)));
            case "FP32" -> out.putFloat(finite(parser, Float.MAX_VALUE));
            case "FP64" -> out.putDouble(number(parser).getDoubleValue());
            default -> bytes(parser);
        }
        count++;
    }

    private void bytes(JsonParser parser) throws IOException {
        if (parser.currentToken() != JsonToken.VALUE_STRING) {
            throw wrong(parser, "a string");
        }
        ByteBuffer text;
        try {
            text = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(parser.getText()));
        } catch (CharacterCodingException _) {
            throw new InvalidArgument(
                    field + ".data[" + count + "]: half of a surrogate pair (expected: valid Unicode)");
        }
        ensure(Integer.BYTES + text.remaining());
        out.putInt(text.remaining()).put(text);
    }

    private boolean bool(JsonParser parser) throws IOException {
        return switch (parser.currentToken()) {
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            // Triton's clients write booleans as numbers.
            case VALUE_NUMBER_INT -> integer(parser, 0, 1) == 1;
            default -> throw wrong(parser, "true or false");
        };
    }

    private long integer(JsonParser parser, long low, long high) throws IOException {
        if (parser.currentToken() == JsonToken.VALUE_NUMBER_INT
                && parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
            long value = parser.getLongValue();
            if (value >= low && value <= high) {
                return value;
            }
        }
        throw wrong(parser, "an integer from " + low + " to " + high);
    }

    private long unsigned(JsonParser parser) throws IOException {
        if (parser.currentToken() == JsonToken.VALUE_NUMBER_INT) {
            BigInteger value = parser.getBigIntegerValue();
            if (value.signum() >= 0 && value.compareTo(UINT64_MAX) <= 0) {
                return value.longValue();
            }
        }
        throw wrong(parser, "an integer from 0 to " + UINT64_MAX);
    }

    private float finite(JsonParser parser, float largest) throws IOException {
        float value = number(parser).getFloatValue();
        if (Math.abs(value) > largest) {
            throw wrong(parser, "a number that " + datatype + " can hold");
        }
        return value;
    }

    private JsonParser number(JsonParser parser) throws IOException {
        if (!parser.currentToken().isNumeric()) {
            throw wrong(parser, "a number");
        }
        if (Double.isInfinite(parser.getDoubleValue())) {
            throw wrong(parser, "a number that " + datatype + " can hold");
        }
        return parser;
    }

    private InvalidArgument wrong(JsonParser parser, String expected) throws IOException {
        String value = parser.getText();
        String shown = value.length() > 40 ? value.substring(0, 40) + "…" : value;
        return new InvalidArgument(field + ".data[" + count + "]: " + shown + " (expected: " + expected + ")");
    }

    private void ensure(int bytes) {
        if (out.remaining() < bytes) {
            int needed = Math.addExact(out.position(), bytes);
            ByteBuffer larger =
                    ByteBuffer.allocate(Math.max(needed, (int) Math.min(Integer.MAX_VALUE - 8L, 2L * out.capacity())));
            out = larger.order(ByteOrder.LITTLE_ENDIAN).put(out.flip());
        }
    }
}
