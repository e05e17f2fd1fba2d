package dev.weft.local.postgres;

import dev.weft.local.process.LaunchFailure;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Properties;

/** Passwords of database roles, made when they are first asked for and kept in a file that only its owner may read. */
final class Passwords {

    private static final int BYTES = 24;

    private final Path file;

    Passwords(Path file) {
        this.file = file;
    }

    /** The role's password: 48 hexadecimal digits. */
    String of(String role) {
        Properties known = read();
        String password = known.getProperty(role);
        if (password == null) {
            byte[] random = new byte[BYTES];
            new SecureRandom().nextBytes(random);
            password = HexFormat.of().formatHex(random);
            known.setProperty(role, password);
            write(known);
        }
        return password;
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

    private void write(Properties properties) {
        Path work = file.resolveSibling(file.getFileName() + ".new");
        try {
            Files.deleteIfExists(work);
            Files.createFile(work, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            try (Writer out = Files.newBufferedWriter(work)) {
                properties.store(out, "passwords of PostgreSQL's roles");
            }
            Files.move(work, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new LaunchFailure(file + " cannot be written: " + e.getMessage());
        }
    }
}
