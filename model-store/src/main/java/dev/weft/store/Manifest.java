package dev.weft.store;

import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.InvalidArgument;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a model package consists of. Its text, one line per file, is the same for the same content, so that the text's SHA-256 names a version:
 * who has the version's name can check all that came.
 *
 * <pre>
 * weft-manifest 1
 * &lt;sha256&gt; &lt;bytes&gt; &lt;path&gt;
 * </pre>
 *
 * @param files sorted by path, by code points; at least one
 */
public record Manifest(List<Entry> files) {

    /** Files of one package; repositories of models have dozens. */
    public static final int MAX_FILES = 10_000;

    /** Where partial downloads lie in a folder that is being filled. */
    static final String RESERVED = ".weft-fetch";

    private static final String HEADER = "weft-manifest 1";
    private static final int MAX_PATH_BYTES = 512;
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
    private static final Pattern LINE = Pattern.compile("([0-9a-f]{64}) (0|[1-9][0-9]{0,17}) (.+)");

    /**
     * One file.
     *
     * @param path relative, its segments parted by {@code /}, none of them empty, {@code .} or {@code ..}
     * @param bytes its size
     * @param sha256 of its content, 64 hexadecimal digits in lower case
     */
    public record Entry(String path, long bytes, String sha256) {

        public Entry {
            requirePath(path);
            if (bytes < 0) {
                throw new InvalidArgument("manifest: " + path + ": " + bytes + " bytes (expected: >= 0)");
            }
            if (!SHA256.matcher(sha256).matches()) {
                throw new InvalidArgument(
                        "manifest: " + path + ": sha256 '" + sha256 + "' (expected: 64 hexadecimal digits)");
            }
        }
    }

    public Manifest {
        files = files.stream().sorted(Comparator.comparing(Entry::path)).toList();
        if (files.isEmpty() || files.size() > MAX_FILES) {
            throw new InvalidArgument("manifest: " + files.size() + " files (expected: 1 to " + MAX_FILES + ")");
        }
        Set<String> paths = new HashSet<>();
        for (Entry file : files) {
            if (!paths.add(file.path())) {
                throw new InvalidArgument("manifest: " + file.path() + ": twice (expected: each path once)");
            }
        }
        for (Entry file : files) {
            for (int slash = file.path().indexOf('/');
                    slash > 0;
                    slash = file.path().indexOf('/', slash + 1)) {
                if (paths.contains(file.path().substring(0, slash))) {
                    throw new InvalidArgument(
                            "manifest: " + file.path() + ": below a file (expected: folders only above it)");
                }
            }
        }
    }

    /** A path that stays inside its package, on every system. */
    private static void requirePath(String path) {
        boolean plain = !path.isEmpty()
                && path.getBytes(StandardCharsets.UTF_8).length <= MAX_PATH_BYTES
                && path.chars().noneMatch(c -> Character.isISOControl(c) || c == '\\' || c == ':');
        if (plain) {
            String[] segments = path.split("/", -1);
            for (String segment : segments) {
                plain &= !segment.isEmpty() && !segment.equals(".") && !segment.equals("..");
            }
            plain &= !segments[0].equals(RESERVED);
        }
        if (!plain) {
            throw new InvalidArgument("manifest: path '" + path
                    + "' (expected: relative, inside the package, without '..', '\\', ':' and control characters)");
        }
    }

    /** The canonical text. */
    public String text() {
        StringBuilder text = new StringBuilder(HEADER).append('\n');
        for (Entry file : files) {
            text.append(file.sha256())
                    .append(' ')
                    .append(file.bytes())
                    .append(' ')
                    .append(file.path())
                    .append('\n');
        }
        return text.toString();
    }

    /**
     * Reads what {@link #text()} writes, and nothing else.
     *
     * @throws InvalidArgument when it is another text, or not the canonical one; names the line
     */
    public static Manifest parse(String text) {
        List<String> lines = text.lines().toList();
        if (lines.isEmpty() || !lines.getFirst().equals(HEADER)) {
            throw new InvalidArgument("manifest: no line '" + HEADER + "' at its beginning");
        }
        List<Entry> files = new ArrayList<>();
        for (int number = 1; number < lines.size(); number++) {
            Matcher line = LINE.matcher(lines.get(number));
            if (!line.matches()) {
                throw new InvalidArgument(
                        "manifest: line " + (number + 1) + " (expected: sha256, bytes and path, parted by spaces)");
            }
            files.add(new Entry(line.group(3), Long.parseLong(line.group(2)), line.group(1)));
        }
        Manifest manifest = new Manifest(files);
        if (!manifest.text().equals(text)) {
            throw new InvalidArgument("manifest: not in its canonical form (expected: sorted, each line ended)");
        }
        return manifest;
    }

    /**
     * Reads the manifest of a version, which must be the one that the version is named after.
     *
     * @param uri with a version
     * @throws FailedPrecondition when it is not, or is none
     */
    public static Manifest ofVersion(ModelUri uri, String text) {
        String digest = Sha256.of(text.getBytes(StandardCharsets.UTF_8));
        if (!digest.equals(uri.version().orElse(""))) {
            throw new FailedPrecondition(uri + ": a manifest of sha256 " + digest + " (expected: the version)");
        }
        try {
            return parse(text);
        } catch (InvalidArgument e) {
            throw new FailedPrecondition(uri + ": " + e.getMessage());
        }
    }

    /** SHA-256 of the text: the version's identity. */
    public String digest() {
        return Sha256.of(text().getBytes(StandardCharsets.UTF_8));
    }

    /** Bytes of all files. */
    public long totalBytes() {
        return files.stream().mapToLong(Entry::bytes).sum();
    }

    /** The file of that path. */
    public Optional<Entry> file(String path) {
        return files.stream().filter(file -> file.path().equals(path)).findFirst();
    }
}
