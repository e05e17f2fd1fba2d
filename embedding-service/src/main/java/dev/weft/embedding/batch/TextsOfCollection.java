package dev.weft.embedding.batch;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.weft.embedding.collection.Collections;
import dev.weft.embedding.file.FileUpload;
import dev.weft.embedding.file.StoredFile;
import dev.weft.embedding.file.StoredFiles;
import dev.weft.embedding.vectorstore.MetadataJson;
import dev.weft.embedding.vectorstore.Point;
import dev.weft.embedding.vectorstore.VectorStore.Scan;
import dev.weft.kit.time.Deadline;
import jakarta.inject.Singleton;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.function.BooleanSupplier;

/** Writes the texts of a collection down as the input of a batch: a row for each point that has one. Thread-safe; blocks. */
@Singleton
final class TextsOfCollection {

    private static final int PAGE = 500;
    private static final int BUFFER = 1 << 16;

    private static final JsonFactory JSON = JsonMapper.builder().build().getFactory();

    private final Collections collections;
    private final StoredFiles files;
    private final BatchConfig config;

    TextsOfCollection(Collections collections, StoredFiles files, BatchConfig config) {
        this.collections = collections;
        this.files = files;
        this.config = config;
    }

    /**
     * Writes the input of a batch whose source is a collection. Points that come or go meanwhile may be in it or not.
     *
     * @param abandoned true when nobody wants it any more
     * @throws Retries.Abandoned then
     * @throws dev.weft.kit.error.Failure NotFound when there is no such collection; TooLarge when a file may not be as large
     */
    StoredFile write(Batch batch, Batch.Source source, BooleanSupplier abandoned) throws IOException {
        try (FileUpload upload =
                files.upload(batch.owner(), batch.id() + "_input.jsonl", StoredFile.Purpose.BATCH, batch.window())) {
            try (OutputStream output = new BufferedOutputStream(new Sink(upload), BUFFER);
                    JsonGenerator json = JSON.createGenerator(output)) {
                json.setRootValueSeparator(null);
                String cursor = "";
                do {
                    if (abandoned.getAsBoolean()) {
                        throw new Retries.Abandoned();
                    }
                    Scan page = collections.scan(
                            source.collection(), cursor, PAGE, Deadline.after(config.requestTimeout()));
                    for (Point point : page.points()) {
                        if (point.text() != null && !point.text().isBlank()) {
                            row(json, batch, source, point);
                        }
                    }
                    cursor = page.next();
                } while (!cursor.isEmpty());
            }
            return upload.finish();
        }
    }

    private static void row(JsonGenerator json, Batch batch, Batch.Source source, Point point) throws IOException {
        json.writeStartObject();
        json.writeStringField("custom_id", point.id());
        json.writeStringField("method", "POST");
        json.writeStringField("url", batch.endpoint().path());
        json.writeObjectFieldStart("body");
        switch (batch.endpoint()) {
            case Endpoint.Embeddings _ -> {
                json.writeStringField("model", source.model());
                json.writeStringField("input", point.text());
            }
            case Endpoint.Points _ -> {
                json.writeArrayFieldStart("points");
                json.writeStartObject();
                json.writeStringField("id", point.id());
                json.writeStringField("text", point.text());
                json.writeFieldName("metadata");
                json.writeTree(MetadataJson.object(point.metadata()));
                json.writeEndObject();
                json.writeEndArray();
            }
        }
        json.writeEndObject();
        json.writeEndObject();
        json.writeRaw('\n');
    }

    /** The file's bytes. */
    private static final class Sink extends OutputStream {

        private final FileUpload upload;

        private Sink(FileUpload upload) {
            this.upload = upload;
        }

        @Override
        public void write(int b) {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            upload.write(bytes, offset, length);
        }
    }
}
