package dev.weft.local.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * A running service.
 *
 * @param name of the service
 * @param handle of its process
 * @param log what it printed
 */
public record ServiceProcess(String name, ProcessHandle handle, Path log) {

    /** How long a service may take to finish what it has in flight; a little more than the services' own limit. */
    private static final Duration GRACE = Duration.ofSeconds(35);

    private static final int TAIL_LINES = 20;

    /**
     * Starts a service; its output replaces the log of the run before.
     *
     * @throws LaunchFailure when the command cannot be started
     */
    public static ServiceProcess start(String name, List<String> command, Map<String, String> environment, Path log) {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        builder.environment().putAll(environment);
        try {
            return new ServiceProcess(name, builder.start().toHandle(), log);
        } catch (IOException e) {
            throw new LaunchFailure(name + " cannot be started: " + e.getMessage());
        }
    }

    /** The process of that id, if it is still the one that was started then: ids are used again. */
    public static Optional<ServiceProcess> find(String name, long pid, Instant started, Path log) {
        return ProcessHandle.of(pid)
                .filter(ProcessHandle::isAlive)
                .filter(handle ->
                        handle.info().startInstant().map(started::equals).orElse(false))
                .map(handle -> new ServiceProcess(name, handle, log));
    }

    /** When the process started. */
    public Instant started() {
        return handle.info().startInstant().orElse(Instant.EPOCH);
    }

    /** True while the process runs. */
    public boolean isAlive() {
        return handle.isAlive();
    }

    /** The last lines of the log. */
    public String logTail() {
        try (Stream<String> lines = Files.lines(log)) {
            List<String> all = lines.toList();
            return String.join("\n", all.subList(Math.max(0, all.size() - TAIL_LINES), all.size()));
        } catch (IOException | UncheckedIOException e) {
            return "(" + log + " cannot be read: " + e.getMessage() + ")";
        }
    }

    /** Asks the service to finish and end. */
    public void terminate() {
        handle.destroy();
    }

    /** Waits until the process is gone, and kills it when it takes longer than a service may take. */
    public void awaitEnd() {
        awaitEnd(GRACE);
    }

    /** Waits until the process is gone, and kills it when it takes longer than that. */
    public void awaitEnd(Duration patience) {
        if (!endsWithin(patience)) {
            handle.destroyForcibly();
            if (!endsWithin(GRACE)) {
                throw new LaunchFailure(name + " (pid " + handle.pid() + ") does not end");
            }
        }
    }

    private boolean endsWithin(Duration patience) {
        try {
            handle.onExit().get(patience.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException | ExecutionException _) {
            return !handle.isAlive();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return !handle.isAlive();
        }
    }
}
