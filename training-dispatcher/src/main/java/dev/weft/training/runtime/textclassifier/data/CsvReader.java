package dev.weft.training.runtime.textclassifier.data;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * CSV by RFC 4180, with a header. Fields are parted by what parts the header: comma, semicolon or tab. Stricter than most readers where a
 * lenient one would train on half a file: a quote in the wrong place or a row of another width is an error. Used once.
 */
final class CsvReader {

    private static final char QUOTE = '"';

    private final String name;
    private final String content;
    private int next;
    private int line = 1;
    private int lineStart;

    private record Field(String value, DataFile.Position position) {}

    CsvReader(String name, String content) {
        this.name = name;
        this.content = content;
    }

    List<LabelledText> read(DataFile.Columns columns) {
        if (content.isBlank()) {
            throw new InvalidArgument(name + ": empty (expected: a header and rows)");
        }
        char separator = separator();
        List<Field> header = row(separator);
        int text = index(header, columns.text());
        int label = index(header, columns.label());
        List<LabelledText> rows = new ArrayList<>();
        while (next < content.length()) {
            List<Field> row = row(separator);
            if (row.size() == 1 && row.getFirst().value().isBlank()) {
                continue; // an empty line, at the end usually
            }
            if (row.size() != header.size()) {
                Field last = row.get(Math.min(row.size(), header.size()) - 1);
                throw failure(
                        last.position(),
                        row.size() + " fields (expected: " + header.size() + ", as in the header; a text with '"
                                + separator + "' in it needs quotes)");
            }
            rows.add(new LabelledText(
                    required(row.get(text), columns.text()),
                    required(row.get(label), columns.label()),
                    row.getFirst().position().line()));
        }
        return rows;
    }

    private String required(Field field, String column) {
        String value = field.value().strip();
        if (value.isEmpty()) {
            throw failure(field.position(), "empty (expected: a " + column + ")");
        }
        return value;
    }

    private char separator() {
        int end = content.indexOf('\n');
        String first = end < 0 ? content : content.substring(0, end);
        for (char separator : new char[] {',', ';', '\t'}) {
            if (first.indexOf(separator) >= 0) {
                return separator;
            }
        }
        return ',';
    }

    private int index(List<Field> header, String column) {
        List<String> names = header.stream().map(field -> field.value().strip()).toList();
        int[] places = IntStream.range(0, names.size())
                .filter(i -> names.get(i).equalsIgnoreCase(column))
                .toArray();
        if (places.length != 1) {
            throw new InvalidArgument(
                    name + ": line 1: header " + names + " (expected: the column '" + column + "' once)");
        }
        return places[0];
    }

    /** The next row; leaves {@link #next} at the beginning of the one after it. */
    private List<Field> row(char separator) {
        List<Field> fields = new ArrayList<>();
        while (true) {
            fields.add(field(separator));
            if (next < content.length() && content.charAt(next) == separator) {
                next++;
                continue;
            }
            if (next < content.length()) {
                newLine();
            }
            return fields;
        }
    }

    private void newLine() {
        if (content.charAt(next) == '\r' && next + 1 < content.length() && content.charAt(next + 1) == '\n') {
            next++;
        }
        next++;
        line++;
        lineStart = next;
    }

    private Field field(char separator) {
        DataFile.Position position = position();
        if (next < content.length() && content.charAt(next) == QUOTE) {
            return new Field(quoted(position, separator), position);
        }
        int start = next;
        while (next < content.length() && !isEnd(content.charAt(next), separator)) {
            if (content.charAt(next) == QUOTE) {
                throw failure(
                        position(),
                        "a quote inside of a field (expected: quotes around the whole field, and a quote in it doubled)");
            }
            next++;
        }
        return new Field(content.substring(start, next), position);
    }

    private String quoted(DataFile.Position opened, char separator) {
        StringBuilder value = new StringBuilder();
        next++;
        while (next < content.length()) {
            char c = content.charAt(next);
            if (c == '\n') {
                value.append(c);
                newLine();
            } else if (c != QUOTE) {
                value.append(c);
                next++;
            } else if (next + 1 < content.length() && content.charAt(next + 1) == QUOTE) {
                value.append(QUOTE);
                next += 2;
            } else {
                next++;
                if (next < content.length() && !isEnd(content.charAt(next), separator)) {
                    throw failure(
                            position(),
                            "'" + content.charAt(next) + "' after a closing quote (expected: '" + separator
                                    + "' or the line's end; a quote inside of a field is doubled)");
                }
                return value.toString();
            }
        }
        throw failure(opened, "a quote that is never closed");
    }

    private static boolean isEnd(char c, char separator) {
        return c == separator || c == '\n' || c == '\r';
    }

    private DataFile.Position position() {
        return new DataFile.Position(line, next - lineStart + 1);
    }

    private InvalidArgument failure(DataFile.Position position, String what) {
        return new InvalidArgument(name + ": " + position + ": " + what);
    }
}
