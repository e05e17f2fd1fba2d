package dev.weft.gateway.door;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.gateway.fixtures.Http;
import dev.weft.gateway.fixtures.ScriptedInference;
import io.grpc.BindableService;
import io.grpc.ServerMethodDefinition;
import io.quarkus.arc.Arc;
import io.quarkus.arc.InstanceHandle;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.core.http.HttpMethod;
import jakarta.enterprise.inject.Any;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** Every route of the running gateway against the table of what it needs. */
@QuarkusTest
@QuarkusTestResource(ScriptedInference.class)
class RoutesTest {

    private final AccessTable table = new AccessTable();

    @TestHTTPResource
    private URI uri;

    @Test
    void everyRestRouteIsInTheTable() {
        JsonNode paths = new Http(uri).get("/q/openapi?format=json").json().get("paths");
        List<String> missing = new ArrayList<>();
        paths.properties().forEach(path -> path.getValue().fieldNames().forEachRemaining(method -> {
            HttpMethod verb = HttpMethod.valueOf(method.toUpperCase(Locale.ROOT));
            if (table.find(verb, path.getKey().replaceAll("\\{[^}]*}", "x")) == null) {
                missing.add(verb + " " + path.getKey());
            }
        }));

        assertThat(paths.size()).isGreaterThan(15);
        assertThat(missing).as("routes that AccessTable lacks").isEmpty();
    }

    @Test
    void everyGrpcMethodIsInTheTable() {
        List<String> methods = new ArrayList<>();
        for (InstanceHandle<BindableService> service :
                Arc.container().listAll(BindableService.class, Any.Literal.INSTANCE)) {
            for (ServerMethodDefinition<?, ?> method :
                    service.get().bindService().getMethods()) {
                methods.add("/" + method.getMethodDescriptor().getFullMethodName());
            }
        }

        assertThat(methods).contains("/inference.GRPCInferenceService/ModelInfer");
        assertThat(methods)
                .as("calls that AccessTable lacks")
                .allMatch(path -> table.find(HttpMethod.POST, path) != null);
    }
}
