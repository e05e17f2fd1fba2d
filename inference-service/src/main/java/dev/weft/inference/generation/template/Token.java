package dev.weft.inference.generation.template;

/** A piece of a template's source. */
record Token(Kind kind, String text, int line) {

    enum Kind {
        /** Text between tags, whitespace control applied. */
        TEXT,
        /** The beginning of a double brace. */
        OUTPUT_BEGIN,
        OUTPUT_END,
        /** The beginning of a brace and percent sign. */
        TAG_BEGIN,
        TAG_END,
        NAME,
        /** Its text is the string's value. */
        STRING,
        INTEGER,
        FLOAT,
        OPERATOR,
        END
    }

    boolean is(Kind expected, String value) {
        return kind == expected && text.equals(value);
    }

    boolean isOperator(String value) {
        return is(Kind.OPERATOR, value);
    }

    boolean isName(String value) {
        return is(Kind.NAME, value);
    }
}
