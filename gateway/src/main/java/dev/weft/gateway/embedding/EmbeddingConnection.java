package dev.weft.gateway.embedding;

import dev.weft.gateway.services.ServiceConnection;
import dev.weft.kit.identity.IdentityClientInterceptor;
import dev.weft.kit.time.Deadline;
import dev.weft.kit.tls.ServiceChannels;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;

/** The connection to embedding-service. Thread-safe. */
@Singleton
public class EmbeddingConnection {

    private final ServiceConnection service;
    private final EmbeddingConfig config;

    EmbeddingConnection(EmbeddingConfig config, IdentityClientInterceptor identity, ServiceChannels channels) {
        this.config = config;
        this.service = new ServiceConnection(
                "embedding-service",
                channels.to(config.target()),
                config.maxMessage().asLongValue(),
                identity);
    }

    @PreDestroy
    void close() {
        service.close();
    }

    /** What calls go over. */
    public ServiceConnection service() {
        return service;
    }

    /** For calls that pass a file on: its size, and not the client's patience, says how long they take. */
    public Deadline transferDeadline() {
        return Deadline.after(config.transferTimeout());
    }
}
