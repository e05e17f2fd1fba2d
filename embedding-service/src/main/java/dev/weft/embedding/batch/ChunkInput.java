package dev.weft.embedding.batch;

import dev.weft.embedding.batch.LineReader.Line;
import dev.weft.embedding.file.StoredFiles;
import dev.weft.kit.error.Failure.PermissionDenied;
import dev.weft.kit.identity.AllowedModels;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/** Reads a chunk's rows. */
final class ChunkInput {

    private ChunkInput() {}

    static List<Row> read(StoredFiles files, Chunk chunk, long longest) throws IOException {
        Chunk.Range range = chunk.range();
        List<Row> rows = new ArrayList<>(range.lines());
        try (InputStream input = files.openUsed(chunk.inputFile(), range.start())) {
            LineReader reader = new LineReader(input, Math.toIntExact(longest), range.start(), range.firstLine());
            while (rows.size() < range.lines()) {
                Line line = reader.next();
                if (line == null || line.end() > range.end()) {
                    throw new IOException("input of " + chunk.batch() + ": " + rows.size() + " rows in chunk "
                            + range.number() + " (expected: " + range.lines() + ")");
                }
                if (!line.isBlank()) {
                    Row row = RowParser.parse(line, longest);
                    requireModel(row, chunk.models());
                    rows.add(row);
                }
            }
        }
        return rows;
    }

    private static void requireModel(Row row, AllowedModels models) {
        try {
            if (row.request() != null) {
                models.require(row.request().model());
            }
        } catch (PermissionDenied e) {
            row.fail(RowFailure.of(e, String.valueOf(e.getMessage())));
        }
    }
}
