package dev.weft.kit.rpc;

import dev.weft.kit.time.Deadline;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The {@code grpc-timeout} header: how long the caller waits, as up to eight digits and a unit.
 *
 * @see <a href="https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md">gRPC over HTTP/2: Timeout</a>
 */
public final class GrpcTimeout {

    public static final String HEADER = "grpc-timeout";

    private static final int MAX_DIGITS = 8;
    private static final long MAX_AMOUNT = 99_999_999;

    /** What is longer counts as this: the header can name more time than a clock of nanoseconds can count. */
    private static final Duration LONGEST = Duration.ofDays(365);

    private GrpcTimeout() {}

    /** The deadline that such a header sets from now on; null for none, and for one of another form. */
    public static @Nullable Deadline deadline(@Nullable String header) {
        Duration timeout = parse(header);
        return timeout == null ? null : Deadline.after(timeout);
    }

    /** The header that tells the callee what is left of a deadline. */
    public static String header(Deadline deadline) {
        long micros = Math.max(1, deadline.remaining().toNanos() / 1_000);
        if (micros <= MAX_AMOUNT) {
            return micros + "u";
        }
        long millis = micros / 1_000;
        return millis <= MAX_AMOUNT ? millis + "m" : Math.min(millis / 1_000, MAX_AMOUNT) + "S";
    }

    static @Nullable Duration parse(@Nullable String value) {
        if (value == null || value.length() < 2 || value.length() > MAX_DIGITS + 1) {
            return null;
        }
        long amount = 0;
        for (int i = 0; i < value.length() - 1; i++) {
            int digit = value.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return null;
            }
            amount = 10 * amount + digit;
        }
        Duration timeout = unit(value.charAt(value.length() - 1), amount);
        return timeout != null && timeout.compareTo(LONGEST) > 0 ? LONGEST : timeout;
    }

    private static @Nullable Duration unit(char unit, long amount) {
        return switch (unit) {
            case 'H' -> Duration.ofHours(amount);
            case 'M' -> Duration.ofMinutes(amount);
            case 'S' -> Duration.ofSeconds(amount);
            case 'm' -> Duration.ofMillis(amount);
            case 'u' -> Duration.ofNanos(amount * 1_000);
            case 'n' -> Duration.ofNanos(amount);
            default -> null;
        };
    }
}
