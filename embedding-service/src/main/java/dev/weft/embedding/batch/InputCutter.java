package dev.weft.embedding.batch;

import dev.weft.embedding.batch.LineReader.Line;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Reads a batch's input once, from beginning to end, and says where to cut it. Of the rows themselves it keeps nothing. Used once. */
final class InputCutter {

    private static final int MAX_ERRORS = 100;

    private final BatchConfig config;
    private final RowParser parser;
    private final long longest;
    private final long chunkBytes;
    private final List<Chunk.Range> ranges = new ArrayList<>();
    private final List<BatchError> errors = new ArrayList<>();
    private long start;
    private long firstLine = 1;
    private int lines;
    private long inputs;
    private long rows;
    private long usable;
    private String model = "";

    InputCutter(BatchConfig config, RowParser parser) {
        this.config = config;
        this.parser = parser;
        this.longest = config.maxLine().asLongValue();
        this.chunkBytes = config.chunkSize().asLongValue();
    }

    /**
     * What is in the input.
     *
     * @param errors why it cannot be worked on; empty when it can
     */
    record Cut(List<Chunk.Range> ranges, long rows, String model, List<BatchError> errors) {}

    /**
     * Reads the input.
     *
     * @param abandoned true when nobody wants the result any more
     */
    Cut cut(InputStream input, BooleanSupplier abandoned) throws IOException {
        LineReader reader = new LineReader(input, Math.toIntExact(longest), 0, 1);
        long end = 0;
        for (Line line = reader.next(); line != null && !abandoned.getAsBoolean(); line = reader.next()) {
            if (!line.isBlank()) {
                add(line, end);
                if (rows > config.maxRows()) {
                    return failed(
                            "too_many_rows",
                            "input: more than " + config.maxRows()
                                    + " rows (expected: at most weft.embedding.batch.max-rows)");
                }
            }
            end = line.end();
        }
        close(end);
        if (rows == 0) {
            return failed("empty_file", "input: no rows (expected: at least one)");
        }
        // One row that can be worked on is enough for work; a file without any is another file than its client
        // believes.
        return usable == 0
                ? new Cut(List.of(), rows, "", List.copyOf(errors))
                : new Cut(ranges, rows, model, List.of());
    }

    private Cut failed(String code, String message) {
        return new Cut(List.of(), rows, "", List.of(new BatchError(code, message, 0)));
    }

    private void add(Line line, long begin) {
        Row row = parser.parse(line);
        RowRequest request = row.request();
        int size = request == null ? 1 : request.size();
        if (lines > 0 && (inputs + size > config.chunkRows() || line.end() - start > chunkBytes)) {
            close(begin);
        }
        if (lines == 0) {
            firstLine = line.number();
            start = begin;
        }
        lines++;
        rows++;
        inputs += size;
        RowFailure failure = row.failure();
        if (failure == null) {
            usable++;
            if (model.isEmpty() && request != null) {
                model = request.model();
            }
        } else if (errors.size() < MAX_ERRORS) {
            errors.add(new BatchError(failure.code(), failure.message(), row.line()));
        }
    }

    private void close(long end) {
        if (lines > 0) {
            ranges.add(new Chunk.Range(ranges.size(), firstLine, lines, start, end));
        }
        lines = 0;
        inputs = 0;
    }
}
