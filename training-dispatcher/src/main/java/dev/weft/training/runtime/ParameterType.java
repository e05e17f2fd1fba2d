package dev.weft.training.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** What values a parameter may have. */
public sealed interface ParameterType {

    /** A number without fraction. */
    record Whole(long least, long most) implements ParameterType {

        /** Whatever JSON's numbers, which are doubles, hold exactly. */
        public static final Whole ANY = new Whole(-(1L << 53) + 1, (1L << 53) - 1);
    }

    /** A number. */
    record Real(double least, double most) implements ParameterType {

        /** Every finite one. */
        public static final Real ANY = new Real(-Double.MAX_VALUE, Double.MAX_VALUE);
    }

    /** Yes or no. */
    record Flag() implements ParameterType {}

    /** One of some words. */
    record Choice(List<String> words) implements ParameterType {
        public Choice {
            words = List.copyOf(words);
        }
    }

    /** Any text of that many characters at most. */
    record Text(int longest) implements ParameterType {

        /** What a text has that has no limit of its own. */
        public static final int LONGEST = 10_000;
    }

    /** False when no value is one of them. */
    default boolean acceptsAnything() {
        return switch (this) {
            case Whole(long least, long most) -> least <= most;
            // Written so that NaN fails.
            case Real(double least, double most) -> least <= most;
            case Flag() -> true;
            case Choice(List<String> words) -> !words.isEmpty();
            case Text(int longest) -> longest >= 0;
        };
    }

    /** True when the value is one of them. */
    default boolean accepts(JsonNode value) {
        return switch (this) {
            case Whole(long least, long most) ->
                value.isIntegralNumber()
                        && value.canConvertToLong()
                        && value.longValue() >= least
                        && value.longValue() <= most;
            // Written so that NaN fails too.
            case Real(double least, double most) ->
                value.isNumber() && value.doubleValue() >= least && value.doubleValue() <= most;
            case Flag() -> value.isBoolean();
            case Choice(List<String> words) -> value.isTextual() && words.contains(value.textValue());
            case Text(int longest) -> value.isTextual() && value.textValue().length() <= longest;
        };
    }

    /** The values in words, for whoever sent another. */
    default String expected() {
        return switch (this) {
            case Whole(long least, long most) -> "a whole number from " + least + " to " + most;
            case Real(double least, double most) -> "a number from " + least + " to " + most;
            case Flag() -> "true or false";
            case Choice(List<String> words) -> "one of " + words;
            case Text(int longest) -> "a text of at most " + longest + " characters";
        };
    }
}
