package dev.weft.protocol.inference;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class OpenInferenceDescriptorTest {

    private static final FileDescriptor FILE = ModelInferRequest.getDescriptor().getFile();

    @Test
    void everyMessageAndFieldIsThePublishedOne() throws IOException {
        List<String> published;
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(
                Objects.requireNonNull(getClass().getResourceAsStream("/open-inference-v2.txt")),
                StandardCharsets.UTF_8))) {
            published = reader.lines().filter(line -> !line.startsWith("#")).toList();
        }

        List<String> ours = new ArrayList<>();
        FILE.getMessageTypes().forEach(message -> describe(message, message.getName(), ours));

        assertThat(new TreeSet<>(ours)).isEqualTo(new TreeSet<>(published));
    }

    @Test
    void serviceHasThePublishedNameAndCalls() {
        assertThat(FILE.getPackage()).isEqualTo("inference");
        assertThat(FILE.findServiceByName("GRPCInferenceService").getMethods())
                .extracting(MethodDescriptor::getName)
                .containsExactlyInAnyOrder(
                        "ServerLive",
                        "ServerReady",
                        "ServerMetadata",
                        "ModelReady",
                        "ModelMetadata",
                        "ModelInfer",
                        "ModelStreamInfer",
                        "RepositoryIndex",
                        "RepositoryModelLoad",
                        "RepositoryModelUnload");
    }

    @Test
    void onlyTheStreamingCallStreams() {
        assertThat(FILE.findServiceByName("GRPCInferenceService").getMethods())
                .filteredOn(method -> method.isClientStreaming() || method.isServerStreaming())
                .singleElement()
                .satisfies(method -> {
                    assertThat(method.getName()).isEqualTo("ModelStreamInfer");
                    assertThat(method.isClientStreaming() && method.isServerStreaming())
                            .isTrue();
                    assertThat(method.getInputType()).isEqualTo(ModelInferRequest.getDescriptor());
                });
    }

    private static void describe(Descriptor message, String name, List<String> lines) {
        if (message.getOptions().getMapEntry()) {
            return;
        }
        if (message.getFields().isEmpty()) {
            lines.add(name);
        }
        for (FieldDescriptor field : message.getFields()) {
            String oneof = field.getRealContainingOneof() == null
                    ? ""
                    : " " + field.getRealContainingOneof().getName();
            lines.add(name + " " + field.getNumber() + " " + field.getName() + " " + type(field) + oneof);
        }
        message.getNestedTypes().forEach(nested -> describe(nested, name + "." + nested.getName(), lines));
    }

    private static String type(FieldDescriptor field) {
        if (field.isMapField()) {
            Descriptor entry = field.getMessageType();
            return "map<" + scalar(entry.findFieldByName("key")) + "," + scalar(entry.findFieldByName("value")) + ">";
        }
        return (field.isRepeated() ? "repeated:" : "") + scalar(field);
    }

    private static String scalar(FieldDescriptor field) {
        return field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
                ? field.getMessageType().getName()
                : field.getType().name().toLowerCase(java.util.Locale.ROOT);
    }
}
