package dev.weft.postgres;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * PostgreSQL's programs.
 *
 * @param home holds {@code bin}, {@code lib} and {@code share}
 * @param version of the artefact that they came from, such as 18.3.0
 */
public record PostgresBinaries(Path home, String version) {

    private static final int OWNER_EXECUTE = 0100;

    /**
     * Unpacks the programs for this machine, unless they are there already. Several processes may do so at a time: the folder
     * appears by one rename, when it is complete.
     *
     * @param folder where the folder {@code postgresql-VERSION} is made
     * @throws PostgresFailure when there are none for this machine, or the folder cannot be written
     */
    public static PostgresBinaries unpackInto(Path folder) {
        String version = builtVersion();
        Path home = folder.toAbsolutePath().normalize().resolve("postgresql-" + version);
        if (!Files.isDirectory(home)) {
            try {
                Files.createDirectories(folder);
                Path work = Files.createTempDirectory(folder, "unpacking");
                // Programs that another user runs must be found by that user.
                Files.setPosixFilePermissions(work, PosixFilePermissions.fromString("rwxr-xr-x"));
                unpack(work);
                publish(work, home);
            } catch (IOException e) {
                throw new PostgresFailure("PostgreSQL cannot be unpacked into " + folder + ": " + e.getMessage());
            }
        }
        return new PostgresBinaries(home, version);
    }

    private static void publish(Path work, Path home) throws IOException {
        try {
            Files.move(work, home);
        } catch (IOException e) {
            delete(work);
            if (!Files.isDirectory(home)) {
                throw e;
            }
            // another process was first
        }
    }

    static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        List<Path> paths;
        try (Stream<Path> walk = Files.walk(folder)) {
            paths = walk.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path path : paths) {
            Files.deleteIfExists(path);
        }
    }

    private static void unpack(Path target) throws IOException {
        String archive = archive(System.getProperty("os.name"), System.getProperty("os.arch"));
        InputStream resource = PostgresBinaries.class.getResourceAsStream(archive);
        if (resource == null) {
            throw new PostgresFailure("this build holds no PostgreSQL for " + System.getProperty("os.name") + " on "
                    + System.getProperty("os.arch")
                    + ": set QUARKUS_DATASOURCE_JDBC_URL, _USERNAME and _PASSWORD to use a server of yours");
        }
        try (TarArchiveInputStream tar =
                new TarArchiveInputStream(new XZInputStream(new BufferedInputStream(resource)))) {
            TarArchiveEntry entry = tar.getNextEntry();
            while (entry != null) {
                extract(tar, entry, target);
                entry = tar.getNextEntry();
            }
        }
    }

    private static void extract(TarArchiveInputStream tar, TarArchiveEntry entry, Path target) throws IOException {
        Path path = target.resolve(entry.getName()).normalize();
        if (!path.startsWith(target)) {
            throw new IOException("the archive's entry " + entry.getName() + " leaves its folder");
        }
        if (entry.isDirectory()) {
            Files.createDirectories(path);
            return;
        }
        Files.createDirectories(path.resolveSibling("."));
        if (entry.isSymbolicLink()) {
            Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
        } else {
            Files.copy(tar, path);
            boolean executable = (entry.getMode() & OWNER_EXECUTE) != 0;
            Files.setPosixFilePermissions(
                    path, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
        }
    }

    /** The archive's name in zonky's artefacts. */
    static String archive(String os, String arch) {
        String system = os.toLowerCase(Locale.ROOT).startsWith("mac") ? "darwin" : "linux";
        return "/postgres-" + system + (arch.equals("aarch64") ? "-arm_64.txz" : "-x86_64.txz");
    }

    private static String builtVersion() {
        Properties properties = new Properties();
        try (InputStream in = PostgresBinaries.class.getResourceAsStream("binaries.properties")) {
            properties.load(in);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return properties.getProperty("version");
    }

    /** The version that a data folder must be of. */
    String major() {
        return version.substring(0, version.indexOf('.'));
    }

    String program(String name) {
        return home.resolve("bin").resolve(name).toString();
    }
}
