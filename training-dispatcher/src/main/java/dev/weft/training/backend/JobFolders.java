package dev.weft.training.backend;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.kit.error.Failure.Internal;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.time.Deadline;
import dev.weft.training.job.DataSource;
import dev.weft.training.runtime.JobFile;
import dev.weft.training.runtime.RuntimeSettings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Folders that training programs are given, for backends whose dispatchers can write where the programs read.
 *
 * @param seenAt where a run sees its folder that sees no other file of this machine, and is given copies; empty for one on this machine
 * @param runtimeSettings what each runtime is told beside its parameters
 * @param settings what all are told, of the configuration; it goes before what runtimes are told
 * @param dataFolders below which data may lie that jobs name
 * @param dataKey the configuration's key for these, for messages
 */
public record JobFolders(
        Optional<Path> seenAt,
        RuntimeSettings runtimeSettings,
        Map<String, String> settings,
        List<Path> dataFolders,
        String dataKey) {

    /** The folder of the results in a job's folder. */
    public static final String OUTPUT = "output";

    private static final String FILES = "files";
    private static final String TRAINING_DATA = "train";
    private static final String DEADLINE_SECONDS = "deadline_seconds";
    private static final ObjectMapper JSON = new ObjectMapper();

    public JobFolders {
        settings = Map.copyOf(settings);
        dataFolders = List.copyOf(dataFolders);
    }

    /**
     * Puts a job's file and its data into its folder. May be done again after it was done in part.
     *
     * @throws InvalidArgument when the data cannot be had
     */
    public void fill(RunRequest request, Path folder) throws IOException {
        Files.createDirectories(folder.resolve(OUTPUT));
        Map<String, String> data = new HashMap<>();
        switch (request.data()) {
            case DataSource.None _ -> {}
            case DataSource.Stored(String fileName, long _) -> {
                byte[] content = request.content().orElseThrow(() -> new InvalidArgument("data: not there any more"));
                replace(dataFile(folder, fileName), content);
                data.put(TRAINING_DATA, "data/" + fileName);
            }
            case DataSource.Reference(String uri) -> {
                Path source = source(uri);
                String fileName = source.getFileName().toString();
                Files.copy(source, dataFile(folder, fileName), StandardCopyOption.REPLACE_EXISTING);
                data.put(TRAINING_DATA, "data/" + fileName);
            }
        }
        ObjectNode parameters = parameters(request.parameters());
        RuntimeSettings.Told told =
                runtimeSettings.of(request.runtime(), parameters, Deadline.after(request.timeLeft()));
        Map<String, String> all = new HashMap<>(told.values());
        for (Map.Entry<String, Path> file : told.files().entrySet()) {
            if (!settings.containsKey(file.getKey())) {
                all.put(file.getKey(), seen(file.getKey(), file.getValue(), folder));
            }
        }
        all.putAll(settings);
        all.put(DEADLINE_SECONDS, Long.toString(Math.max(1, request.timeLeft().toSeconds())));
        new JobFile(parameters, data, all, OUTPUT).write(folder);
    }

    /** What the run calls a file or folder of this machine. */
    private String seen(String name, Path original, Path folder) throws IOException {
        if (seenAt.isEmpty()) {
            return original.toString();
        }
        Path copy = Path.of(FILES, name);
        try (Stream<Path> all = Files.walk(original)) {
            for (Path path : all.toList()) {
                Path target =
                        folder.resolve(copy).resolve(original.relativize(path).toString());
                if (Files.isDirectory(path)) {
                    Files.createDirectories(target);
                } else {
                    Files.createDirectories(target.toAbsolutePath().getParent());
                    Files.copy(path, target, StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
        return seenAt.get().resolve(copy).toString();
    }

    private static Path dataFile(Path folder, String name) throws IOException {
        return Files.createDirectories(folder.resolve("data")).resolve(name);
    }

    /** The real path counts: a link out of the folders is none of theirs. */
    private Path source(String uri) {
        if (!uri.startsWith("file:")) {
            throw new InvalidArgument("data_uri: '" + uri + "' (expected: file:, on this backend)");
        }
        try {
            Path source = Path.of(URI.create(uri)).toRealPath();
            for (Path folder : dataFolders) {
                if (Files.isRegularFile(source) && source.startsWith(folder.toRealPath())) {
                    return source;
                }
            }
        } catch (IOException | IllegalArgumentException e) {
            throw new InvalidArgument("data_uri: '" + uri + "' cannot be read: " + e.getMessage());
        }
        throw new InvalidArgument("data_uri: '" + uri + "' (expected: a file below one of " + dataKey + ")");
    }

    private static ObjectNode parameters(String json) {
        try {
            return JSON.readValue(json, ObjectNode.class);
        } catch (JsonProcessingException e) {
            throw new Internal("a job's parameters cannot be read", e);
        }
    }

    /** Writes a file so that it is there with all its content or not at all. */
    private static void replace(Path file, byte[] content) throws IOException {
        Path temporary = Files.createTempFile(file.toAbsolutePath().getParent(), ".new", "");
        try {
            Files.write(temporary, content);
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }
}
