package dev.weft.local.mesh;

import dev.weft.local.postgres.LocalPostgres;
import dev.weft.local.process.LaunchFailure;
import dev.weft.local.process.ServiceProcess;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;

/** Which processes a data folder's mesh consists of, kept in a file so that {@code down} and {@code status} find them. */
final class MeshState {

    private static final String PORT_OFFSET = "port-offset";

    private final Path file;
    private final Path logs;

    MeshState(MeshOptions options) {
        this.file = options.run().resolve("mesh.properties");
        this.logs = options.logs();
    }

    /** Records the processes; the file is replaced as a whole. */
    void write(List<ServiceProcess> processes, int portOffset) {
        Properties properties = new Properties();
        properties.setProperty(PORT_OFFSET, Integer.toString(portOffset));
        for (ServiceProcess process : processes) {
            properties.setProperty(
                    process.name() + ".pid", Long.toString(process.handle().pid()));
            properties.setProperty(
                    process.name() + ".started", process.started().toString());
        }
        Path work = file.resolveSibling(file.getFileName() + ".new");
        try {
            try (Writer out = Files.newBufferedWriter(work)) {
                properties.store(out, "written by ./weft up");
            }
            Files.move(work, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new LaunchFailure(file + " cannot be written: " + e.getMessage());
        }
    }

    /** Those of the recorded processes that still run. */
    List<ServiceProcess> running() {
        Properties properties = read();
        List<ServiceProcess> running = new ArrayList<>();
        List<String> names = new ArrayList<>(List.of(LocalPostgres.NAME));
        Arrays.stream(Service.values()).map(Service::folder).forEach(names::add);
        for (String name : names) {
            String pid = properties.getProperty(name + ".pid");
            if (pid != null) {
                Instant started = Instant.parse(properties.getProperty(name + ".started"));
                ServiceProcess.find(name, Long.parseLong(pid), started, logs.resolve(name + ".log"))
                        .ifPresent(running::add);
            }
        }
        return running;
    }

    /** True when a mesh is recorded that has no PostgreSQL of its own. */
    boolean externalDatabase() {
        Properties properties = read();
        return !properties.isEmpty() && !properties.containsKey(LocalPostgres.NAME + ".pid");
    }

    /** The recorded offset; 0 when nothing is recorded. */
    int portOffset() {
        return Integer.parseInt(read().getProperty(PORT_OFFSET, "0"));
    }

    void clear() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new LaunchFailure(file + " cannot be deleted: " + e.getMessage());
        }
    }

    private Properties read() {
        Properties properties = new Properties();
        if (Files.exists(file)) {
            try (Reader in = Files.newBufferedReader(file)) {
                properties.load(in);
            } catch (IOException e) {
                throw new LaunchFailure(file + " cannot be read: " + e.getMessage());
            }
        }
        return properties;
    }
}
