package dev.weft.inference.generation.template;

import dev.weft.inference.generation.template.Token.Kind;
import dev.weft.kit.error.Failure.FailedPrecondition;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts a template into tokens, with the whitespace control that transformers configures: trim_blocks (the line end behind a tag is
 * dropped) and lstrip_blocks (so are blanks between the beginning of a line and a tag).
 *
 * @see <a href="https://jinja.palletsprojects.com/en/stable/templates/#whitespace-control">Jinja: whitespace control</a>
 */
final class TemplateLexer {

    private static final Pattern NAME = Pattern.compile("[\\p{L}_][\\p{L}\\p{Nd}_]*");
    private static final Pattern NUMBER = Pattern.compile("\\d[\\d_]*(\\.\\d+)?([eE][+-]?\\d+)?");
    private static final Pattern STRING =
            Pattern.compile("'((?:[^'\\\\]|\\\\.)*+)'|\"((?:[^\"\\\\]|\\\\.)*+)\"", Pattern.DOTALL);
    private static final Pattern OPERATOR = Pattern.compile("\\*\\*|//|==|!=|<=|>=|[-+*/%<>=()\\[\\]{},.:|~]");

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private int position;
    private int line = 1;

    private TemplateLexer(String source) {
        this.source = source;
    }

    /**
     * All tokens, the last of which is {@link Kind#END}.
     *
     * @throws FailedPrecondition for what is no template; names the line
     */
    static List<Token> tokens(String source) {
        String lines = source.replace("\r\n", "\n").replace('\r', '\n');
        // Jinja drops one line end at the end of a template.
        TemplateLexer lexer = new TemplateLexer(lines.endsWith("\n") ? lines.substring(0, lines.length() - 1) : lines);
        while (lexer.position < lexer.source.length()) {
            lexer.textAndTag();
        }
        lexer.add(Kind.END, "");
        return lexer.tokens;
    }

    private void textAndTag() {
        int tag = nextTag();
        text(tag);
        if (tag == source.length()) {
            return;
        }
        char kind = source.charAt(tag + 1);
        moveTo(tag + 2);
        boolean signed = position < source.length() && (peek() == '-' || peek() == '+');
        if (signed) {
            moveTo(position + 1);
        }
        switch (kind) {
            case '#' -> comment();
            case '{' -> {
                add(Kind.OUTPUT_BEGIN, "{{");
                expression("}}", Kind.OUTPUT_END);
            }
            default -> {
                add(Kind.TAG_BEGIN, "{%");
                expression("%}", Kind.TAG_END);
            }
        }
    }

    private int nextTag() {
        for (int at = source.indexOf('{', position); at >= 0; at = source.indexOf('{', at + 1)) {
            if (at + 1 < source.length() && "{%#".indexOf(source.charAt(at + 1)) >= 0) {
                return at;
            }
        }
        return source.length();
    }

    private void text(int end) {
        String text = source.substring(position, end);
        if (end < source.length()) {
            char sign = end + 2 < source.length() ? source.charAt(end + 2) : ' ';
            if (sign == '-') {
                text = text.stripTrailing();
            } else if (sign != '+' && source.charAt(end + 1) != '{') {
                text = withoutIndent(text);
            }
        }
        if (!text.isEmpty()) {
            add(Kind.TEXT, text);
        }
        moveTo(end);
    }

    private String withoutIndent(String text) {
        int lineStart = text.lastIndexOf('\n') + 1;
        boolean startsLine = lineStart > 0 || position == 0 || source.charAt(position - 1) == '\n';
        return startsLine && text.substring(lineStart).isBlank() ? text.substring(0, lineStart) : text;
    }

    private void comment() {
        int end = source.indexOf("#}", position);
        if (end < 0) {
            throw error("a comment without an end");
        }
        char sign = source.charAt(end - 1);
        moveTo(end + 2);
        afterTag(sign, true);
    }

    /** What follows a tag: nothing is dropped behind an output unless it says so. */
    private void afterTag(char sign, boolean trims) {
        if (sign == '-') {
            int next = position;
            while (next < source.length() && Character.isWhitespace(source.charAt(next))) {
                next++;
            }
            moveTo(next);
        } else if (trims && sign != '+' && position < source.length() && peek() == '\n') {
            moveTo(position + 1);
        }
    }

    private void expression(String end, Kind endKind) {
        int braces = 0;
        while (true) {
            while (position < source.length() && Character.isWhitespace(peek())) {
                moveTo(position + 1);
            }
            if (position >= source.length()) {
                throw error("a tag without its end '" + end + "'");
            }
            boolean signed = (peek() == '-' || peek() == '+') && source.startsWith(end, position + 1);
            if (braces == 0 && (signed || source.startsWith(end, position))) {
                char sign = signed ? peek() : ' ';
                moveTo(position + (signed ? 3 : 2));
                add(endKind, end);
                afterTag(sign, endKind == Kind.TAG_END);
                return;
            }
            Token token = one();
            braces += token.isOperator("{") ? 1 : token.isOperator("}") ? -1 : 0;
            tokens.add(token);
        }
    }

    private Token one() {
        Matcher matcher = NAME.matcher(source).region(position, source.length());
        if (matcher.lookingAt()) {
            return take(Kind.NAME, matcher.group(), matcher.end());
        }
        if (matcher.usePattern(NUMBER).lookingAt()) {
            boolean whole = matcher.group(1) == null && matcher.group(2) == null;
            return take(whole ? Kind.INTEGER : Kind.FLOAT, matcher.group().replace("_", ""), matcher.end());
        }
        if (matcher.usePattern(STRING).lookingAt()) {
            String raw = matcher.group(1) != null ? matcher.group(1) : matcher.group(2);
            return take(Kind.STRING, unescape(String.valueOf(raw)), matcher.end());
        }
        if (matcher.usePattern(OPERATOR).lookingAt()) {
            return take(Kind.OPERATOR, matcher.group(), matcher.end());
        }
        throw error("'" + peek() + "' in an expression");
    }

    /** Python's escapes; a backslash before anything else stays, as there. */
    private String unescape(String raw) {
        StringBuilder text = new StringBuilder(raw.length());
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (c != '\\' || i + 1 == raw.length()) {
                text.append(c);
                continue;
            }
            char escaped = raw.charAt(++i);
            switch (escaped) {
                case 'n' -> text.append('\n');
                case 't' -> text.append('\t');
                case 'r' -> text.append('\r');
                case 'b' -> text.append('\b');
                case 'f' -> text.append('\f');
                case '\\', '\'', '"' -> text.append(escaped);
                case '\n' -> {}
                case 'x', 'u', 'U' -> {
                    int digits = escaped == 'x' ? 2 : escaped == 'u' ? 4 : 8;
                    text.appendCodePoint(codePoint(raw, i + 1, digits));
                    i += digits;
                }
                default -> text.append('\\').append(escaped);
            }
        }
        return text.toString();
    }

    private int codePoint(String raw, int start, int digits) {
        try {
            return Integer.parseInt(raw.substring(start, start + digits), 16);
        } catch (NumberFormatException | StringIndexOutOfBoundsException _) {
            throw error("an escape in a string without its " + digits + " hexadecimal digits");
        }
    }

    private char peek() {
        return source.charAt(position);
    }

    private Token take(Kind kind, String text, int end) {
        Token token = new Token(kind, text, line);
        moveTo(end);
        return token;
    }

    private void add(Kind kind, String text) {
        tokens.add(new Token(kind, text, line));
    }

    private void moveTo(int end) {
        for (int i = position; i < end; i++) {
            line += source.charAt(i) == '\n' ? 1 : 0;
        }
        position = end;
    }

    private FailedPrecondition error(String found) {
        return new FailedPrecondition("line " + line + ": " + found);
    }
}
