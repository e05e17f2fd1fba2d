package dev.weft.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** An authority and the certificates that it has signed, made by the JDK's keytool, as PEM files. */
public final class TestCertificates {

    private static final String PASSWORD = "password";
    private static final long PATIENCE_SECONDS = 120;

    private final Path folder;
    private final Path authority;

    /**
     * A certificate and its key.
     *
     * @param certificate PEM
     * @param key PEM, PKCS #8
     */
    public record Issued(Path certificate, Path key) {}

    /** Makes an authority whose files are in a folder of its own. */
    public TestCertificates(Path folder) {
        try {
            this.folder = Files.createDirectories(folder);
            for (String left : List.of("ca.p12", "ca.crt")) {
                Files.deleteIfExists(folder.resolve(left));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.authority = folder.resolve("ca.crt");
        keyPair("ca", "-ext", "bc:c", "-ext", "ku:c=keyCertSign");
        keytool("ca", "-exportcert", "-alias", "ca", "-rfc", "-file", authority.toString());
    }

    /** The authority's own certificate, PEM. */
    public Path authority() {
        return authority;
    }

    /** Signs a certificate for {@code localhost} and 127.0.0.1, good for both ends of a connection; replaces one of the same name. */
    public Issued issue(String name) {
        return issue(name, "san=dns:localhost,ip:127.0.0.1");
    }

    /** Signs a certificate that says another name. */
    public Issued issue(String name, String alternativeName) {
        Path certificate = folder.resolve(name + ".crt");
        try {
            Files.deleteIfExists(folder.resolve(name + ".p12"));
            keyPair(name);
            Path request = folder.resolve(name + ".csr");
            keytool(name, "-certreq", "-alias", name, "-file", request.toString());
            keytool(
                    "ca",
                    "-gencert",
                    "-alias",
                    "ca",
                    "-infile",
                    request.toString(),
                    "-outfile",
                    certificate.toString(),
                    "-rfc",
                    "-ext",
                    alternativeName,
                    "-ext",
                    "eku=serverAuth,clientAuth");
            return new Issued(certificate, Files.writeString(folder.resolve(name + ".key"), key(name)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private void keyPair(String name, String... options) {
        List<String> arguments = new ArrayList<>(List.of("-genkeypair", "-alias", name, "-dname", "CN=" + name));
        arguments.addAll(List.of("-keyalg", "EC", "-groupname", "secp256r1", "-validity", "3650"));
        arguments.addAll(List.of(options));
        keytool(name, arguments.toArray(String[]::new));
    }

    private String key(String name) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(folder.resolve(name + ".p12"))) {
            store.load(in, PASSWORD.toCharArray());
        }
        Key key = store.getKey(name, PASSWORD.toCharArray());
        return "-----BEGIN PRIVATE KEY-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key.getEncoded())
                + "\n-----END PRIVATE KEY-----\n";
    }

    private void keytool(String store, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(List.of(arguments));
        command.addAll(List.of("-keystore", folder.resolve(store + ".p12").toString()));
        command.addAll(List.of("-storetype", "PKCS12", "-storepass", PASSWORD));
        try {
            Path output = folder.resolve("keytool.txt");
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new IllegalStateException("keytool: " + Files.readString(output, StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
