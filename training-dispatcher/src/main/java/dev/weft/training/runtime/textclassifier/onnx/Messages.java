package dev.weft.training.runtime.textclassifier.onnx;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Writes ONNX's messages: nodes, weights, outputs. */
final class Messages {

    private static final int INT64 = 7;

    private Messages() {}

    /** Writes the fields of one message. */
    interface Body {
        void write(CodedOutputStream out) throws IOException;
    }

    /** The message's bytes, without tag and length. */
    static ByteString bytes(Body body) {
        ByteString.Output bytes = ByteString.newOutput();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        try {
            body.write(out);
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // memory does not fail
        }
        return bytes.toByteString();
    }

    /** NodeProto. */
    static ByteString node(String operator, List<String> inputs, String output, Attribute... attributes) {
        return bytes(out -> {
            for (String input : inputs) {
                out.writeString(1, input);
            }
            out.writeString(2, output);
            out.writeString(3, output); // its own name
            out.writeString(4, operator);
            for (Attribute attribute : attributes) {
                out.writeBytes(5, bytes(attribute::write));
            }
        });
    }

    /** AttributeProto: a number, or a list of them. */
    record Attribute(String name, List<Long> values, boolean isList) {

        static Attribute number(String name, long value) {
            return new Attribute(name, List.of(value), false);
        }

        static Attribute list(String name, long value) {
            return new Attribute(name, List.of(value), true);
        }

        private void write(CodedOutputStream out) throws IOException {
            out.writeString(1, name);
            for (long value : values) {
                out.writeInt64(isList ? 8 : 3, value);
            }
            out.writeInt32(20, isList ? 7 : 2); // AttributeType.INTS, .INT
        }
    }

    /** TensorProto of floats. */
    static ByteString floats(String name, float[][] rows) {
        ByteBuffer raw = ByteBuffer.allocate(Math.multiplyExact(rows.length * Float.BYTES, rows[0].length))
                .order(ByteOrder.LITTLE_ENDIAN);
        for (float[] row : rows) {
            for (float value : row) {
                raw.putFloat(value);
            }
        }
        return tensor(name, OnnxFile.FLOAT, raw.array(), rows.length, rows[0].length);
    }

    /** TensorProto of floats, [values]. */
    static ByteString floats(String name, float... values) {
        ByteBuffer raw = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            raw.putFloat(value);
        }
        return tensor(name, OnnxFile.FLOAT, raw.array(), values.length);
    }

    /** TensorProto of one INT64, [1]. */
    static ByteString number(String name, long value) {
        ByteBuffer raw = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        return tensor(name, INT64, raw.putLong(value).array(), 1);
    }

    /** TensorProto of one INT64 without dimensions. */
    static ByteString scalar(String name, long value) {
        ByteBuffer raw = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        return tensor(name, INT64, raw.putLong(value).array());
    }

    private static ByteString tensor(String name, int type, byte[] raw, long... dims) {
        return bytes(out -> {
            for (long dim : dims) {
                out.writeInt64(1, dim);
            }
            out.writeInt32(2, type);
            out.writeString(8, name);
            out.writeByteArray(9, raw);
        });
    }

    /** ValueInfoProto of a tensor of floats [batch, width]. */
    static ByteString matrix(String name, long width) {
        ByteString batch = bytes(dim -> dim.writeString(2, "batch_size"));
        ByteString columns = bytes(dim -> dim.writeInt64(1, width));
        ByteString shape = bytes(out -> {
            out.writeBytes(1, batch);
            out.writeBytes(1, columns);
        });
        ByteString tensor = bytes(out -> {
            out.writeInt32(1, OnnxFile.FLOAT);
            out.writeBytes(2, shape);
        });
        return bytes(out -> {
            out.writeString(1, name);
            out.writeBytes(2, bytes(type -> type.writeBytes(1, tensor)));
        });
    }
}
