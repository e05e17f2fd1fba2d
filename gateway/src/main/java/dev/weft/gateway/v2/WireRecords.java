package dev.weft.gateway.v2;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.weft.protocol.inference.ModelMetadataResponse;
import dev.weft.protocol.inference.ModelMetadataResponse.TensorMetadata;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The protocol's JSON bodies, but for tensors, which are streamed. */
final class WireRecords {

    private WireRecords() {}

    @RegisterForReflection
    record ServerMetadata(String name, String version, List<String> extensions) {}

    @RegisterForReflection
    record Live(boolean live) {}

    @RegisterForReflection
    record Ready(boolean ready) {}

    @RegisterForReflection
    record Models(List<String> models) {}

    @RegisterForReflection
    record ModelReadiness(String name, boolean ready) {}

    @RegisterForReflection
    record Loaded(String name, boolean load) {}

    @RegisterForReflection
    @JsonIgnoreProperties(ignoreUnknown = true)
    record IndexRequest(@Nullable Boolean ready) {}

    @RegisterForReflection
    record Index(String name, String version, String state, String reason) {}

    @RegisterForReflection
    record TensorDescription(String name, String datatype, List<Long> shape) {
        static TensorDescription of(TensorMetadata tensor) {
            return new TensorDescription(tensor.getName(), tensor.getDatatype(), List.copyOf(tensor.getShapeList()));
        }
    }

    @RegisterForReflection
    record ModelMetadata(
            String name,
            List<String> versions,
            String platform,
            List<TensorDescription> inputs,
            List<TensorDescription> outputs,

            @JsonProperty @JsonInclude(JsonInclude.Include.NON_EMPTY)
            Map<String, String> properties) {

        static ModelMetadata of(ModelMetadataResponse response) {
            return new ModelMetadata(
                    response.getName(),
                    List.copyOf(response.getVersionsList()),
                    response.getPlatform(),
                    response.getInputsList().stream().map(TensorDescription::of).toList(),
                    response.getOutputsList().stream()
                            .map(TensorDescription::of)
                            .toList(),
                    Map.copyOf(response.getPropertiesMap()));
        }
    }
}
