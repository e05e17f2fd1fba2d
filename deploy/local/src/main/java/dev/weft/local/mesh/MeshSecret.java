package dev.weft.local.mesh;

import dev.weft.local.process.LaunchFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * The secret by which the mesh's services know each other, made when it is first needed and kept in a file that only its owner may read.
 *
 * @param file with the secret, 64 hexadecimal digits, in its only line
 */
record MeshSecret(Path file) {

    private static final int BYTES = 32;

    /** Makes the file where there is none. */
    MeshSecret make() {
        if (Files.exists(file)) {
            return this;
        }
        byte[] random = new byte[BYTES];
        new SecureRandom().nextBytes(random);
        Path work = file.resolveSibling(file.getFileName() + ".new");
        try {
            Files.createDirectories(file.resolveSibling("."));
            Files.deleteIfExists(work);
            Files.createFile(work, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(work, HexFormat.of().formatHex(random) + "\n");
            Files.move(work, file, StandardCopyOption.ATOMIC_MOVE);
            return this;
        } catch (IOException e) {
            throw new LaunchFailure(file + " cannot be written: " + e.getMessage());
        }
    }

    /** The secret. */
    String value() {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new LaunchFailure(file + " cannot be read: " + e.getMessage());
        }
    }
}
