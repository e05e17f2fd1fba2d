package dev.weft.inference.generation.template;

import dev.weft.kit.error.Failure.InvalidArgument;

/** What a template has written; bounded, since templates come with models. Not thread-safe. */
final class Output {

    private static final int LIMIT = 64 << 20;

    private final StringBuilder text = new StringBuilder();

    void write(String more) {
        if (text.length() + more.length() > LIMIT) {
            throw new InvalidArgument("chat template: writes over " + LIMIT + " characters");
        }
        text.append(more);
    }

    String text() {
        return text.toString();
    }
}
