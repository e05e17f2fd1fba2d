package dev.weft.training.job;

import dev.weft.kit.error.Failure.NotFound;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * A job's name. Later ones sort after earlier ones of other milliseconds, and it can stand in file names, labels and DNS names.
 *
 * @param value {@code t} and 24 hexadecimal digits in lower case
 */
public record JobId(String value) {

    private static final Pattern FORM = Pattern.compile("t[0-9a-f]{24}");
    private static final int TIME_DIGITS = 12;
    private static final int RANDOM_DIGITS = 12;

    public JobId {
        if (!FORM.matcher(value).matches()) {
            // Clients name jobs that do not exist; that this one cannot is no other answer.
            throw new NotFound("job: '" + value + "' (expected: a job's id)");
        }
    }

    /** A new one. */
    public static JobId random() {
        // Not a constant: a native image would keep one that was seeded when it was built.
        SecureRandom random = new SecureRandom();
        HexFormat hex = HexFormat.of();
        return new JobId("t" + hex.toHexDigits(System.currentTimeMillis(), TIME_DIGITS)
                + hex.toHexDigits(random.nextLong(), RANDOM_DIGITS));
    }

    @Override
    public String toString() {
        return value;
    }
}
