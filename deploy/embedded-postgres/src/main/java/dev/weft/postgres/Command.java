package dev.weft.postgres;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A program that is run to its end. */
final class Command {

    /**
     * How it ended.
     *
     * @param output what it printed, errors included
     */
    record Outcome(int status, String output) {}

    private Command() {}

    /**
     * Runs a program that prints less than a pipe holds.
     *
     * @throws PostgresFailure when it cannot be started or takes too long
     */
    static Outcome run(List<String> command, Duration limit) {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        // The user's settings are for the user's own servers.
        builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
        builder.environment().put("LC_ALL", "C");
        try {
            Process process = builder.start();
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                throw new PostgresFailure(command + " takes longer than " + limit.toSeconds() + " s");
            }
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Outcome(process.exitValue(), output.strip());
        } catch (IOException e) {
            throw new PostgresFailure(command.getFirst() + " cannot be run: " + e.getMessage());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new PostgresFailure("interrupted");
        }
    }
}
