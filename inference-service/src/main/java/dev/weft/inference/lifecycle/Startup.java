package dev.weft.inference.lifecycle;

import grpc.health.v1.HealthOuterClass.HealthCheckResponse.ServingStatus;
import io.quarkus.grpc.runtime.health.GrpcHealthStorage;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/** Loads the repository while the server already answers, and tells grpc.health.v1 when that is done. */
@Singleton
final class Startup {

    void start(@Observes StartupEvent event, ModelRegistry registry, GrpcHealthStorage health) {
        health.setStatus(GrpcHealthStorage.DEFAULT_SERVICE_NAME, ServingStatus.NOT_SERVING);
        Thread.ofVirtual().name("load-models").start(() -> {
            registry.loadAll();
            health.setStatus(GrpcHealthStorage.DEFAULT_SERVICE_NAME, ServingStatus.SERVING);
        });
    }
}
