package dev.weft.embedding.vectorstore;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.List;

/** What a field of a point's metadata holds. */
public sealed interface MetadataValue {

    /** A string. */
    record Text(String value) implements MetadataValue {}

    /** A number; integers are exact up to 2^53. */
    record Numeric(double value) implements MetadataValue {
        public Numeric {
            if (!Double.isFinite(value)) {
                throw new InvalidArgument("number: " + value + " (expected: a finite number)");
            }
            // So that equal numbers are equal values.
            value = value == 0 ? 0.0 : value;
        }
    }

    /** True or false. */
    record Flag(boolean value) implements MetadataValue {}

    /** Several strings. */
    record Texts(List<String> values) implements MetadataValue {
        public Texts {
            values = List.copyOf(values);
        }
    }
}
