import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/**
 * Fetches the Maven distribution for {@code ./mvnw} with nothing but a JDK: no curl, no unzip.
 * Usage: {@code java FetchMaven.java URL SHA256 FOLDER}. The folder appears only when all of it is there and its
 * checksum is right.
 */
public class FetchMaven {
    public static void main(String[] arguments) throws Exception {
        URI uri = URI.create(arguments[0]);
        String expected = arguments[1];
        Path folder = Path.of(arguments[2]).toAbsolutePath();
        Files.createDirectories(folder.getParent());
        Path work = Files.createTempDirectory(folder.getParent(), "fetch");
        Path archive = work.resolve("maven.zip");
        HttpClient client = HttpClient.newBuilder()
                .followRedirects(HttpClient.Redirect.NORMAL)
                .connectTimeout(Duration.ofSeconds(20))
                .build();
        HttpResponse<Path> response = client.send(
                HttpRequest.newBuilder(uri).timeout(Duration.ofMinutes(5)).build(),
                HttpResponse.BodyHandlers.ofFile(archive));
        if (response.statusCode() != 200) {
            fail(uri + ": HTTP " + response.statusCode() + " (expected: 200)");
        }
        String actual = sha256(archive);
        if (!actual.equals(expected)) {
            fail(uri + ": sha256 " + actual + " (expected: " + expected + ")");
        }
        Path unpacked = unpack(archive, work.resolve("unpacked"));
        try {
            Files.move(unpacked, folder, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            // Two builds may start together: the one that comes second finds the same, verified folder.
            if (!Files.isDirectory(folder)) {
                throw e;
            }
        }
        Files.delete(archive);
    }

    private static String sha256(Path file) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        try (InputStream in = Files.newInputStream(file)) {
            byte[] buffer = new byte[1 << 16];
            for (int read; (read = in.read(buffer)) >= 0; ) {
                digest.update(buffer, 0, read);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Unpacks without the archive's top folder, and refuses a path that leaves the target. */
    private static Path unpack(Path archive, Path target) throws IOException {
        try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(archive))) {
            for (ZipEntry entry; (entry = zip.getNextEntry()) != null; ) {
                Path name = Path.of(entry.getName());
                if (entry.isDirectory() || name.getNameCount() < 2) {
                    continue;
                }
                Path file = target.resolve(name.subpath(1, name.getNameCount())).normalize();
                if (!file.startsWith(target)) {
                    fail(entry.getName() + " leaves the folder");
                }
                Files.createDirectories(file.getParent());
                Files.copy(zip, file);
            }
        }
        target.resolve("bin/mvn").toFile().setExecutable(true);
        return target;
    }

    private static void fail(String message) {
        System.err.println("mvnw: " + message);
        System.exit(1);
    }
}
