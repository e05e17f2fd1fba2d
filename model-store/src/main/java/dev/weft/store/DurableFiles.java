package dev.weft.store;

import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.ResourceExhausted;
import dev.weft.kit.error.Failure.Unavailable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What makes that files are there after a power failure, and that folders appear and go as a whole. */
public final class DurableFiles {

    private static final Duration RETRY_AFTER = Duration.ofSeconds(30);

    private DurableFiles() {}

    /** Flushes a file's content, or a folder's entries, to the disk. */
    public static void sync(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Flushes the entries of a folder and of all folders in it. */
    public static void syncFolders(Path folder) throws IOException {
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure) throws IOException {
                if (failure != null) {
                    throw failure;
                }
                sync(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** Deletes a folder and all that is in it; what is gone already is no failure. */
    public static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
                if (Files.exists(file)) {
                    throw failure;
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure) throws IOException {
                Files.deleteIfExists(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** What a failed write means: a full disk may be emptied, the rest is for somebody to look at. */
    public static Failure failure(String what, IOException e) {
        String message = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
        if (message.contains("no space left") || message.contains("quota exceeded")) {
            return new ResourceExhausted(what + ": the disk is full", RETRY_AFTER);
        }
        return new Unavailable(what + ": " + e);
    }

    /** There is less room than is needed. */
    public static ResourceExhausted noRoom(String what, long bytes, long free) {
        return new ResourceExhausted(
                what + ": " + bytes + " bytes (expected: at most " + Math.max(0, free) + ", which are free)",
                RETRY_AFTER);
    }
}
