package dev.weft.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.google.errorprone.annotations.FormatMethod;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a scenario has found: printed as it comes, and written as JSON at the end. */
final class Report {

    private final PrintStream out;
    private final Map<String, @Nullable Object> json = new LinkedHashMap<>();
    private final List<String> notes = new ArrayList<>();

    Report(PrintStream out) {
        this.out = out;
    }

    /** Rows under columns; the first column is left-aligned. A cell is a text, a number, or a number that is not known. */
    static final class Table {
        private final String name;
        private final List<String> columns;
        private final List<List<Object>> rows = new ArrayList<>();

        Table(String name, String... columns) {
            this.name = name;
            this.columns = List.of(columns);
        }

        Table row(Object... cells) {
            if (cells.length != columns.size()) {
                throw new IllegalArgumentException(
                        "cells of " + name + ": " + cells.length + " (expected: " + columns.size() + ")");
            }
            rows.add(List.of(cells));
            return this;
        }

        private List<String> lines() {
            List<List<String>> texts = new ArrayList<>();
            texts.add(columns);
            rows.forEach(row -> texts.add(row.stream().map(Report::format).toList()));
            int[] widths = new int[columns.size()];
            for (List<String> row : texts) {
                Arrays.setAll(widths, i -> Math.max(widths[i], row.get(i).length()));
            }
            return texts.stream().map(row -> line(row, widths)).toList();
        }

        private static String line(List<String> row, int[] widths) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                String padding = " ".repeat(widths[i] - row.get(i).length());
                line.append(i == 0 ? row.get(i) + padding : "  " + padding + row.get(i));
            }
            return line.toString().stripTrailing();
        }

        private List<Map<String, @Nullable Object>> toJson() {
            List<Map<String, @Nullable Object>> objects = new ArrayList<>();
            for (List<Object> row : rows) {
                Map<String, @Nullable Object> object = new LinkedHashMap<>();
                for (int i = 0; i < row.size(); i++) {
                    object.put(columns.get(i), Report.toJson(row.get(i)));
                }
                objects.add(object);
            }
            return objects;
        }
    }

    /** Prints the table and keeps it. */
    void add(Table table) {
        out.println();
        out.println(table.name);
        table.lines().forEach(line -> out.println("  " + line));
        json.put(table.name, table.toJson());
    }

    /** Keeps a value that a table does not show. */
    void put(String name, Object value) {
        json.put(name, toJson(value));
    }

    /** Prints a sentence that a reader needs to judge the numbers, and keeps it. */
    @FormatMethod
    void note(String format, Object... values) {
        String note = String.format(Locale.ROOT, format, values);
        notes.add(note);
        out.println("  " + note);
    }

    /** Prints what is being done; a run takes minutes. */
    @FormatMethod
    void progress(String format, Object... values) {
        out.println("… " + String.format(Locale.ROOT, format, values));
    }

    void write(Path file) throws IOException {
        json.put("notes", notes);
        Path folder = file.toAbsolutePath().getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValue(file.toFile(), json);
        out.println();
        out.println("JSON: " + file);
    }

    /** Three digits at least, no more behind the point than that takes. */
    static String format(Object cell) {
        return switch (cell) {
            case Double number when !Double.isFinite(number) -> "n/a";
            case Double number when Math.abs(number) >= 100 -> String.format(Locale.ROOT, "%.0f", number);
            case Double number when Math.abs(number) >= 10 -> String.format(Locale.ROOT, "%.1f", number);
            case Double number -> String.format(Locale.ROOT, "%.2f", number);
            default -> cell.toString();
        };
    }

    private static @Nullable Object toJson(Object value) {
        return value instanceof Double number && !Double.isFinite(number) ? null : value;
    }
}
