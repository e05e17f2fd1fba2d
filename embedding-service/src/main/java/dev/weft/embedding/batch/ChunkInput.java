package dev.weft.embedding.batch;

import dev.weft.embedding.batch.LineReader.Line;
import dev.weft.embedding.collection.Collections;
import dev.weft.embedding.file.StoredFiles;
import dev.weft.kit.error.Failure.NotFound;
import dev.weft.kit.error.Failure.PermissionDenied;
import dev.weft.kit.identity.AllowedModels;
import dev.weft.kit.time.Deadline;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/** Reads rows. Thread-safe; blocks. */
@Singleton
final class ChunkInput {

    private final StoredFiles files;
    private final Collections collections;
    private final BatchConfig config;

    ChunkInput(StoredFiles files, Collections collections, BatchConfig config) {
        this.files = files;
        this.collections = collections;
        this.config = config;
    }

    /**
     * What reads the rows of batches for that endpoint.
     *
     * @throws NotFound when there is no such collection
     */
    RowParser parser(Endpoint endpoint) {
        return switch (endpoint) {
            case Endpoint.Embeddings _ -> parser(endpoint, "");
            case Endpoint.Points(String collection) ->
                parser(
                        endpoint,
                        collections
                                .get(collection, Deadline.after(config.requestTimeout()))
                                .model());
        };
    }

    private RowParser parser(Endpoint endpoint, String collectionModel) {
        return new RowParser(endpoint, collectionModel, config.maxLine().asLongValue());
    }

    /** The rows of a chunk, to be worked on: those that may not, or cannot, have failed. */
    List<Row> read(Chunk chunk) throws IOException {
        try {
            List<Row> rows = read(chunk, parser(chunk.endpoint()));
            rows.forEach(row -> require(row, chunk.models()));
            return rows;
        } catch (NotFound e) {
            List<Row> rows = readUnused(chunk);
            rows.stream()
                    .filter(row -> row.failure() == null)
                    .forEach(row -> row.fail(RowFailure.noCollection(String.valueOf(e.getMessage()))));
            return rows;
        }
    }

    /** The rows of a chunk that nobody will work on. */
    List<Row> readUnused(Chunk chunk) throws IOException {
        return read(chunk, parser(chunk.endpoint(), ""));
    }

    private List<Row> read(Chunk chunk, RowParser parser) throws IOException {
        Chunk.Range range = chunk.range();
        List<Row> rows = new ArrayList<>(range.lines());
        int longest = Math.toIntExact(config.maxLine().asLongValue());
        try (InputStream input = files.openUsed(chunk.inputFile(), range.start())) {
            LineReader reader = new LineReader(input, longest, range.start(), range.firstLine());
            while (rows.size() < range.lines()) {
                Line line = reader.next();
                if (line == null || line.end() > range.end()) {
                    throw new IOException("input of " + chunk.batch() + ": " + rows.size() + " rows in chunk "
                            + range.number() + " (expected: " + range.lines() + ")");
                }
                if (!line.isBlank()) {
                    rows.add(parser.parse(line));
                }
            }
        }
        return rows;
    }

    private static void require(Row row, AllowedModels models) {
        RowRequest request = row.request();
        if (request == null) {
            return;
        }
        if (request.model().isEmpty() && row.inputs().size() > 0) {
            row.fail(new RowFailure(
                    400,
                    "invalid_request",
                    request.field(0)
                            + ": a text without a vector, and the collection has no model (expected: vectors)"));
            return;
        }
        try {
            if (!request.model().isEmpty()) {
                models.require(request.model());
            }
        } catch (PermissionDenied e) {
            row.fail(RowFailure.of(e, String.valueOf(e.getMessage())));
        }
    }
}
