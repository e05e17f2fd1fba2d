package dev.weft.training.job;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.regex.Pattern;

/** Where a job's data are. */
public sealed interface DataSource {

    /** It has none. */
    record None() implements DataSource {}

    /** Somewhere that a URI names. */
    record Reference(String uri) implements DataSource {

        private static final int MAX_LENGTH = 2048;
        private static final Pattern FORM = Pattern.compile("[a-z][a-z0-9+.-]*:[^\\p{Cntrl}]+");

        public Reference {
            if (uri.length() > MAX_LENGTH || !FORM.matcher(uri).matches()) {
                throw new InvalidArgument("data_uri: " + uri.length() + " characters (expected: scheme:path, at most "
                        + MAX_LENGTH + " characters)");
            }
        }
    }

    /**
     * They came with the job and lie in the database.
     *
     * @param fileName a plain one; its ending says the format
     */
    record Stored(String fileName, long bytes) implements DataSource {

        private static final Pattern FORM = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

        public Stored {
            if (!FORM.matcher(fileName).matches()) {
                throw new InvalidArgument("data_content.file_name: " + fileName.length()
                        + " characters (expected: 1 to 128 of letters, digits, '.', '_', '-')");
            }
        }
    }
}
