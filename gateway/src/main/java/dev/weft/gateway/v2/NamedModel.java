package dev.weft.gateway.v2;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The model that a message names.
 *
 * @param model empty when it names none
 * @param version the same
 */
record NamedModel(String model, String version) {

    static final NamedModel NONE = new NamedModel("", "");

    /** Length of what stands before each message: whether it is compressed, and its length. */
    static final int PREFIX_BYTES = 5;

    /** Name and version are a message's first fields, whoever wrote it; all of a message is looked at only when they are not. */
    private static final int NAME_BYTES = 512;

    /**
     * Reads them of the message that a body begins with, without decoding the rest.
     *
     * @param encoding of a compressed message
     * @param modelField the field that holds the model's name, before the one that holds the version; 0 for none
     */
    static NamedModel of(Buffer body, @Nullable String encoding, int modelField, int versionField) {
        if (modelField == 0 || body.length() <= PREFIX_BYTES) {
            return NONE;
        }
        boolean gzip = body.getByte(0) == 1 && "gzip".equals(encoding);
        int beginning = Math.min(body.length(), PREFIX_BYTES + NAME_BYTES);
        NamedModel named = gzip ? NONE : read(body, beginning, false, modelField, versionField);
        return named.model().isEmpty() ? read(body, body.length(), gzip, modelField, versionField) : named;
    }

    private static NamedModel read(Buffer body, int end, boolean gzip, int modelField, int versionField) {
        byte[] bytes = body.getBytes(PREFIX_BYTES, end);
        String model = "";
        String version = "";
        try {
            CodedInputStream in = gzip
                    ? CodedInputStream.newInstance(new GZIPInputStream(new ByteArrayInputStream(bytes)))
                    : CodedInputStream.newInstance(bytes);
            for (int tag; (tag = in.readTag()) != 0; ) {
                int field = WireFormat.getTagFieldNumber(tag);
                boolean isText = WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED;
                if (field == modelField && isText) {
                    model = in.readStringRequireUtf8();
                } else if (field == versionField && isText) {
                    version = in.readStringRequireUtf8();
                } else if (field > versionField && !model.isEmpty()) {
                    break;
                } else {
                    in.skipField(tag);
                }
            }
        } catch (IOException _) {
            // inference-service decodes the message and says what is wrong with it
        }
        return new NamedModel(model, version);
    }
}
