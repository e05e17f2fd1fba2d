package dev.weft.local.mesh;

import java.nio.file.Path;

/**
 * How a mesh is run.
 *
 * @param root the project's folder
 * @param data where logs, state and the user's models lie
 * @param portOffset added to every port, so that meshes can run side by side
 * @param nativeImages whether to run the native executables rather than the JARs
 */
public record MeshOptions(Path root, Path data, int portOffset, boolean nativeImages) {

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

    Path logs() {
        return data.resolve("logs");
    }

    Path run() {
        return data.resolve("run");
    }
}
