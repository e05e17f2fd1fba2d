package dev.weft.kit.rpc;

import io.grpc.Metadata;
import org.jspecify.annotations.Nullable;

/**
 * What a call took where its model ran, as its trailers tell it: a proxy that passes messages on without decoding them counts by it.
 *
 * @param rows rows that were computed, or looked up; one for each generated text
 * @param promptTokens tokens that models read
 * @param completionTokens tokens that models wrote
 * @param computeMicros time inside the models' runs, in µs; of runs in parallel, their sum; 0 for generated text, whose runs many share
 */
public record CallEffort(long rows, long promptTokens, long completionTokens, long computeMicros) {

    /** Trailer of a call that ran models: four numbers in the order of this record, with commas between. */
    public static final String TRAILER = "weft-effort";

    /** {@link #TRAILER} as gRPC's metadata. */
    public static final Metadata.Key<String> METADATA = Metadata.Key.of(TRAILER, Metadata.ASCII_STRING_MARSHALLER);

    /** Nothing. */
    public static final CallEffort NONE = new CallEffort(0, 0, 0, 0);

    private static final int NUMBERS = 4;

    /** Both together. */
    public CallEffort plus(CallEffort other) {
        return new CallEffort(
                rows + other.rows,
                promptTokens + other.promptTokens,
                completionTokens + other.completionTokens,
                computeMicros + other.computeMicros);
    }

    /** The trailer's value. */
    public String trailer() {
        return rows + "," + promptTokens + "," + completionTokens + "," + computeMicros;
    }

    /** What such a trailer tells; {@link #NONE} when there is none, or one of another form: other servers of the protocol tell nothing. */
    public static CallEffort ofTrailer(@Nullable String value) {
        if (value == null) {
            return NONE;
        }
        long[] numbers = new long[NUMBERS];
        int at = 0;
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == ',') {
                at++;
            } else if (c >= '0' && c <= '9' && at < NUMBERS && numbers[at] < Long.MAX_VALUE / 100) {
                numbers[at] = 10 * numbers[at] + (c - '0');
            } else {
                return NONE;
            }
        }
        return at == NUMBERS - 1 ? new CallEffort(numbers[0], numbers[1], numbers[2], numbers[3]) : NONE;
    }
}
