package dev.weft.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Folders with all that lies in them. */
final class Trees {

    private Trees() {}

    /** Copies the folder to a place where nothing is. */
    static void copy(Path from, Path to) throws IOException {
        for (Path path : paths(from)) {
            Path copy = to.resolve(from.relativize(path).toString());
            Files.createDirectories(copy.toAbsolutePath().getParent());
            Files.copy(path, copy);
        }
    }

    /** Deletes the folder, if it is there. */
    static void delete(Path folder) throws IOException {
        if (Files.exists(folder)) {
            for (Path path :
                    paths(folder).stream().sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    /** What the file, or all files of the folder, take. */
    static double megabytes(Path path) throws IOException {
        long bytes = 0;
        for (Path file : paths(path)) {
            bytes += Files.isRegularFile(file) ? Files.size(file) : 0;
        }
        return bytes / 1e6;
    }

    private static List<Path> paths(Path root) throws IOException {
        try (Stream<Path> paths = Files.walk(root)) {
            return paths.toList();
        }
    }
}
