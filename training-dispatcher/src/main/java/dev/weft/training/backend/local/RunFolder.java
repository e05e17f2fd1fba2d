package dev.weft.training.backend.local;

import dev.weft.training.backend.JobFolders;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The folder of one run: all that is known about it. Every file that matters appears at once and with its whole content, by a link or a rename.
 *
 * <ul>
 *   <li>{@code job/}: what the run sees, with {@code job.json}, {@code data/} and {@code output/}
 *   <li>{@code pid}: made by the launcher before the program starts, by a link, so that one launcher of several wins
 *   <li>{@code cancelled}: the run is to end, or never to begin
 *   <li>{@code exit}: the program's exit code, once it has ended by itself
 *   <li>{@code stdout}, {@code stderr}: what it has written
 * </ul>
 */
record RunFolder(Path path) {

    static final String JOB = "job";
    static final String STDOUT = "stdout";
    static final String STDERR = "stderr";

    private static final String PID = "pid";
    private static final String CANCELLED = "cancelled";
    private static final String EXIT = "exit";
    private static final int MAX_SMALL_FILE = 4096;

    /** Makes the folder, unless it is there. */
    void make() throws IOException {
        var own = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
        Files.createDirectories(path, own);
        Files.createDirectories(job().resolve(JobFolders.OUTPUT));
        Files.createDirectories(path.resolve("tmp"));
    }

    boolean exists() {
        return Files.isDirectory(path);
    }

    /** What the run sees. */
    Path job() {
        return path.resolve(JOB);
    }

    Path output() {
        return job().resolve(JobFolders.OUTPUT);
    }

    /** The process that was begun. */
    Optional<LaunchedProcess> launched() {
        // A machine that lost its power may have lost the content: the run was begun all the same, before this start.
        return small(PID).map(text -> LaunchedProcess.parse(text).orElse(LaunchedProcess.FORGOTTEN));
    }

    Optional<Integer> exitCode() {
        return small(EXIT)
                .map(String::strip)
                .filter(text -> text.matches("[0-9]{1,3}"))
                .map(Integer::parseInt);
    }

    /** How long ago the program ended, by the file's time. */
    Duration sinceExit() {
        return since(EXIT);
    }

    boolean isCancelled() {
        return Files.exists(path.resolve(CANCELLED));
    }

    /** How long ago the run was cancelled. */
    Duration sinceCancelled() {
        return since(CANCELLED);
    }

    /** Returns true the first time. */
    boolean cancel() throws IOException {
        try {
            Files.createFile(path.resolve(CANCELLED));
            return true;
        } catch (FileAlreadyExistsException _) {
            return false;
        }
    }

    private Duration since(String file) {
        try {
            return Duration.between(
                    Files.getLastModifiedTime(path.resolve(file)).toInstant(), Instant.now());
        } catch (IOException _) {
            return Duration.ZERO;
        }
    }

    private Optional<String> small(String file) {
        Path small = path.resolve(file);
        try {
            return Files.size(small) > MAX_SMALL_FILE
                    ? Optional.empty()
                    : Optional.of(Files.readString(small, StandardCharsets.ISO_8859_1));
        } catch (NoSuchFileException _) {
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void delete() throws IOException {
        if (!exists()) {
            return;
        }
        // The first thing to go must not be what says that the run was begun.
        for (String first : List.of(JOB, "tmp")) {
            deleteTree(path.resolve(first));
        }
        deleteTree(path);
    }

    private static void deleteTree(Path root) throws IOException {
        if (!Files.exists(root, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, @org.jspecify.annotations.Nullable IOException e)
                    throws IOException {
                Files.deleteIfExists(folder);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
