package dev.weft.gateway.http;

import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Where a request's time went. Thread-safe: written by the request's thread, read by the event loop that sends the answer's headers.
 *
 * @see <a href="https://www.w3.org/TR/server-timing/">Server Timing</a>
 */
public final class ServerTiming {

    /** Header that tells it. */
    static final String HEADER = "Server-Timing";

    private final Map<String, Long> micros = new LinkedHashMap<>();

    /**
     * Adds to a phase; phases are told in the order in which they came.
     *
     * @param phase a token as HTTP has it
     * @param duration µs
     */
    public synchronized void add(String phase, long duration) {
        micros.merge(phase, duration, Long::sum);
    }

    /** The header's value, with durations in ms as the specification has them; empty when nothing was added. */
    synchronized String header() {
        return micros.entrySet().stream()
                .map(phase -> phase.getKey() + ";dur=" + millis(phase.getValue()))
                .collect(Collectors.joining(", "));
    }

    private static String millis(long micros) {
        return BigDecimal.valueOf(micros, 3).stripTrailingZeros().toPlainString();
    }
}
