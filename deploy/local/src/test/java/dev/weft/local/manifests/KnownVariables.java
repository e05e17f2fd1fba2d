package dev.weft.local.manifests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The keys of docs/configuration.md as environment variables; a name in capitals and quotes stands for any. */
final class KnownVariables {

    private static final Pattern KEY = Pattern.compile("`(weft\\.[a-z0-9.\"A-Z-]+)`");

    private KnownVariables() {}

    static Set<String> read(Path root) {
        Set<String> variables = new TreeSet<>();
        try {
            Matcher keys = KEY.matcher(Files.readString(root.resolve("docs/configuration.md")));
            while (keys.find()) {
                for (String pool : List.of("cpu", "gpu")) {
                    variables.add(keys.group(1)
                            .replaceAll("\"[A-Z]+\"", pool)
                            .replaceAll("[^a-z0-9]", "_")
                            .toUpperCase(Locale.ROOT));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return variables;
    }
}
