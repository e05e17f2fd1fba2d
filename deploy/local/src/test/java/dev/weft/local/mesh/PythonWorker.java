package dev.weft.local.mesh;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** What lies in {@code deploy/workers}, as processes of Python. */
final class PythonWorker {

    private PythonWorker() {}

    static boolean hasPython() throws InterruptedException {
        try {
            Process process = new ProcessBuilder("python3", "--version").start();
            return process.waitFor(20, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (IOException _) {
            return false;
        }
    }

    static Path file(String name) {
        return TestMesh.root().resolve("deploy/workers").resolve(name);
    }

    /** A worker of one runtime, whose runs lie below the folder. */
    static Process start(int gatewayPort, String token, String runtime, Path folder, Path log) throws IOException {
        return python(
                Map.of("WEFT_WORKER_TOKEN", token),
                log,
                file("weft_worker.py").toString(),
                "--gateway",
                "http://127.0.0.1:" + gatewayPort,
                "--runtime",
                runtime,
                "--gpus",
                "0",
                "--folder",
                folder.toString());
    }

    static Process python(Map<String, String> environment, Path log, String... arguments) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                Stream.concat(Stream.of("python3"), List.of(arguments).stream()).toList());
        builder.environment().putAll(environment);
        builder.environment().put("PYTHONDONTWRITEBYTECODE", "1");
        return builder.redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
    }
}
