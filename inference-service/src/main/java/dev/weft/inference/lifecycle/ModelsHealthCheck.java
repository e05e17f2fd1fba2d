package dev.weft.inference.lifecycle;

import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/** Ready when the models that were found at start are loaded, or have failed for good. */
@Readiness
final class ModelsHealthCheck implements HealthCheck {

    private final ModelRegistry registry;

    ModelsHealthCheck(ModelRegistry registry) {
        this.registry = registry;
    }

    @Override
    public HealthCheckResponse call() {
        HealthCheckResponseBuilder response =
                HealthCheckResponse.named("models").status(registry.isReady());
        registry.index()
                .forEach((id, state) ->
                        response.withData(id.toString(), state.getClass().getSimpleName()));
        return response.build();
    }
}
