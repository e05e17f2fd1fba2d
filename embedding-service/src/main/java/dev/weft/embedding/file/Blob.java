package dev.weft.embedding.file;

import java.util.UUID;

/** A complete run of bytes. */
public record Blob(UUID id, String store, long sizeBytes) {}
