package dev.weft.inference.lifecycle;

import dev.weft.kit.error.Failure.FailedPrecondition;
import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a package's files look like from outside: equal as long as nobody has changed them.
 *
 * @param files size and time of change of each, by its path
 */
record Fingerprint(SortedMap<String, String> files) {

    /** Folders below a package: {@code onnx/}, {@code 1_Pooling/}, {@code 2_Dense/} and what a graph's external data lies in. */
    private static final int DEPTH = 3;

    /**
     * Looks at every file of a package, also where links lead; one that cannot be looked at is a file that says so.
     *
     * @throws FailedPrecondition when the folder cannot be read
     */
    static Fingerprint of(Path folder) {
        SortedMap<String, String> files = new TreeMap<>();
        try {
            Files.walkFileTree(folder, Set.of(FileVisitOption.FOLLOW_LINKS), DEPTH, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    if (!attributes.isDirectory()) { // one at the greatest depth comes as a file
                        files.put(name(file), attributes.size() + "@" + attributes.lastModifiedTime());
                    }
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
                    if (file.equals(folder)) {
                        throw failure;
                    }
                    files.put(name(file), failure.getClass().getSimpleName());
                    return FileVisitResult.CONTINUE;
                }

                private String name(Path file) {
                    return folder.relativize(file).toString();
                }
            });
        } catch (IOException e) {
            throw new FailedPrecondition("model folder " + folder + " cannot be read: " + e.getMessage());
        }
        return new Fingerprint(files);
    }
}
