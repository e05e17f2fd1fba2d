package dev.weft.inference.lifecycle;

import dev.weft.kit.error.Failure.FailedPrecondition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What a package's files look like from outside: equal as long as nobody has changed them.
 *
 * @param files size and time of change of each, by its path
 */
record Fingerprint(SortedMap<String, String> files) {

    /** Folders below a package: {@code onnx/}, {@code 1_Pooling/}, {@code 2_Dense/} and what a graph's external data lies in. */
    private static final int DEPTH = 3;

    /**
     * Looks at every file of a package.
     *
     * @throws FailedPrecondition when the folder cannot be read
     */
    static Fingerprint of(Path folder) {
        SortedMap<String, String> files = new TreeMap<>();
        try (Stream<Path> paths = Files.walk(folder, DEPTH)) {
            for (Path path : paths.toList()) {
                BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
                if (attributes.isRegularFile()) {
                    files.put(
                            folder.relativize(path).toString(),
                            attributes.size() + "@" + attributes.lastModifiedTime());
                }
            }
        } catch (IOException | java.io.UncheckedIOException e) {
            throw new FailedPrecondition("model folder " + folder + " cannot be read: " + e.getMessage());
        }
        return new Fingerprint(files);
    }
}
