package dev.weft.local.mesh;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The services of the mesh, in the order in which they start. */
enum Service {
    INFERENCE(
            "inference-service",
            8081,
            List.of("-XX:+UseSerialGC", "-Xms64m", "-Xmn40m", "-Xmx1g", "--enable-native-access=ALL-UNNAMED")) {
        @Override
        int healthPort(MeshOptions options) {
            return port(options) + 10;
        }

        @Override
        Map<String, String> settings(MeshOptions options) {
            return Map.of(
                    "QUARKUS_GRPC_SERVER_PORT",
                    Integer.toString(port(options)),
                    "WEFT_INFERENCE_MODEL_FOLDERS",
                    options.models() + "," + options.root().resolve("inference-service/target/models"),
                    "WEFT_INFERENCE_STORE_FOLDERS",
                    options.modelStore().toString(),
                    "WEFT_INFERENCE_STORE_TARGET",
                    "127.0.0.1:" + TRAINING.port(options),
                    "WEFT_INFERENCE_STORE_CACHE_FOLDER",
                    options.data().resolve("model-cache").toString(),
                    "WEFT_INFERENCE_NATIVE_LIBRARIES",
                    options.root()
                            .resolve("inference-service/target/native-libraries")
                            .toString());
        }
    },
    EMBEDDING(
            "embedding-service",
            8083,
            // The vectors' instructions: a graph is built three times as fast with them.
            List.of(
                    "-XX:+UseSerialGC",
                    "-Xms80m",
                    "-Xmn64m",
                    "-Xmx512m",
                    "--enable-native-access=ALL-UNNAMED",
                    "--add-modules",
                    "jdk.incubator.vector")) {
        @Override
        int healthPort(MeshOptions options) {
            return port(options) + 10;
        }

        @Override
        Map<String, String> settings(MeshOptions options) {
            return Map.of(
                    "QUARKUS_GRPC_SERVER_PORT",
                    Integer.toString(port(options)),
                    "WEFT_EMBEDDING_INFERENCE_TARGET",
                    "127.0.0.1:" + INFERENCE.port(options),
                    "WEFT_EMBEDDING_EMBEDDED_SNAPSHOTS",
                    options.data().resolve("snapshots").toString());
        }

        @Override
        Optional<String> schema() {
            return Optional.of("embedding");
        }
    },
    TRAINING(
            "training-dispatcher",
            8082,
            List.of("-XX:+UseSerialGC", "-Xms32m", "-Xmx256m", "--enable-native-access=ALL-UNNAMED")) {
        @Override
        int healthPort(MeshOptions options) {
            return port(options) + 10;
        }

        @Override
        Map<String, String> settings(MeshOptions options) {
            Path folder = options.data().resolve("training");
            String gateway = "127.0.0.1:" + GATEWAY.port(options);
            return Map.of(
                    "QUARKUS_GRPC_SERVER_PORT",
                    Integer.toString(port(options)),
                    "WEFT_TRAINING_STORE_FOLDER",
                    options.modelStore().toString(),
                    "WEFT_TRAINING_STORE_CACHE_FOLDER",
                    folder.resolve("cache").toString(),
                    "WEFT_TRAINING_LOCAL_FOLDER",
                    folder.resolve("runs").toString(),
                    "WEFT_TRAINING_DISPATCH_SCRATCH_FOLDER",
                    folder.resolve("scratch").toString(),
                    "WEFT_TRAINING_TEXT_CLASSIFIER_MODEL_FOLDERS",
                    options.models() + "," + options.root().resolve("inference-service/target/models"),
                    // What trains is given no secret of the mesh, and users of this machine need none at the gateway.
                    "WEFT_TRAINING_TEXT_CLASSIFIER_INFERENCE_TARGET",
                    gateway,
                    "WEFT_TRAINING_PUBLISH_CATALOG_TARGET",
                    gateway);
        }

        @Override
        Optional<String> schema() {
            return Optional.of("training");
        }
    },
    GATEWAY(
            "gateway",
            8080,
            List.of("-XX:+UseSerialGC", "-Xms40m", "-Xmn24m", "-Xmx512m", "--enable-native-access=ALL-UNNAMED")) {
        @Override
        int healthPort(MeshOptions options) {
            return port(options);
        }

        @Override
        Map<String, String> settings(MeshOptions options) {
            return Map.of(
                    "WEFT_GATEWAY_INFERENCE_TARGET",
                    "127.0.0.1:" + INFERENCE.port(options),
                    "WEFT_GATEWAY_EMBEDDING_TARGET",
                    "127.0.0.1:" + EMBEDDING.port(options),
                    "WEFT_GATEWAY_TRAINING_TARGET",
                    "127.0.0.1:" + TRAINING.port(options));
        }

        @Override
        Optional<String> schema() {
            return Optional.of("gateway");
        }
    };

    /** Of executables: without it an idle service keeps what it needed to start, see docs/native.md. As in deploy/images/native.Containerfile. */
    private static final String YOUNG_GENERATION = "-Xmn16m";

    private final String folder;
    private final int port;
    private final List<String> jvmFlags;

    Service(String folder, int port, List<String> jvmFlags) {
        this.folder = folder;
        this.port = port;
        this.jvmFlags = jvmFlags;
    }

    /** Its name, which is also its module's folder. */
    String folder() {
        return folder;
    }

    /** The port that its callers use. */
    int port(MeshOptions options) {
        return port + options.portOffset();
    }

    /** The port that tells about its health. */
    abstract int healthPort(MeshOptions options);

    /** What this service, and no other, has to be told. */
    abstract Map<String, String> settings(MeshOptions options);

    /** The schema that it owns; empty when it keeps nothing. */
    Optional<String> schema() {
        return Optional.empty();
    }

    Map<String, String> environment(MeshOptions options) {
        Map<String, String> environment = new HashMap<>(settings(options));
        if (!options.externalDatabase()) {
            schema().ifPresent(schema -> environment.putAll(options.postgres().environment(schema)));
        }
        if (!options.ownIdentity()) {
            environment.put(
                    "WEFT_IDENTITY_SECRET_FILE", options.secret().make().file().toString());
        }
        environment.put("QUARKUS_HTTP_PORT", Integer.toString(healthPort(options)));
        return environment;
    }

    /** The file that must have been built for it. */
    Path artefact(MeshOptions options) {
        Path target = options.root().resolve(folder).resolve("target");
        return options.form() == Form.NATIVE
                ? target.resolve(folder + "-runner")
                : target.resolve("quarkus-app/quarkus-run.jar");
    }

    /** What lets its JVM start with classes that are loaded and linked, and methods whose profiles are known. The next build removes it. */
    Path aotCache(MeshOptions options) {
        return options.root().resolve(folder).resolve("target/quarkus-app/app.aot");
    }

    List<String> command(MeshOptions options) {
        if (options.form() == Form.NATIVE) {
            return List.of(artefact(options).toString(), YOUNG_GENERATION);
        }
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(jvmFlags);
        Path cache = aotCache(options);
        if (options.form() == Form.TRAINING) {
            command.add("-XX:AOTCacheOutput=" + cache);
        } else if (Files.exists(cache)) {
            // One that does not fit this JVM is left aside, with a warning in the log.
            command.add("-XX:AOTCache=" + cache);
        }
        command.add("-jar");
        command.add(artefact(options).toString());
        return command;
    }
}
