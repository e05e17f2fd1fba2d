package dev.weft.training.backend.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/** Which folder of runs this is: dispatchers that share it have the same site. */
final class Site {

    private static final String FILE = "site";

    private Site() {}

    /** The site of a folder, which is made if it is not there; of several dispatchers that start at once, one names it. */
    static UUID of(Path root) {
        try {
            Files.createDirectories(root);
            Path file = root.resolve(FILE);
            if (!Files.exists(file)) {
                Path mine = Files.createTempFile(root, ".site", "");
                Files.writeString(mine, UUID.randomUUID().toString());
                try {
                    Files.createLink(file, mine);
                } catch (FileAlreadyExistsException _) {
                    // Another one was first.
                } finally {
                    Files.deleteIfExists(mine);
                }
            }
            return UUID.fromString(Files.readString(file).strip());
        } catch (IOException e) {
            throw new UncheckedIOException("weft.training.local.folder: " + root + " cannot be used", e);
        }
    }
}
