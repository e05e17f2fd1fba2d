package dev.weft.embedding.file;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A file, without its bytes.
 *
 * @param owner whose it is; empty for nobody's
 * @param sha256 hexadecimal; null for what batches have made
 * @param expiresAt null when it stays until somebody deletes it
 */
public record StoredFile(
        String id,
        String owner,
        String name,
        Purpose purpose,
        long sizeBytes,
        @Nullable String sha256,
        Instant createdAt,
        @Nullable Instant expiresAt) {

    /** What a file is for. */
    public enum Purpose {
        /** The input of batches. */
        BATCH("batch"),
        /** What has come of one. */
        BATCH_OUTPUT("batch_output"),
        /** The data of training jobs. */
        FINE_TUNE("fine-tune");

        private final String wireName;

        Purpose(String wireName) {
            this.wireName = wireName;
        }

        /** As clients write it. */
        public String wireName() {
            return wireName;
        }

        /** Whether clients upload such files; the others come of the service's own work. */
        public boolean isUploaded() {
            return switch (this) {
                case BATCH, FINE_TUNE -> true;
                case BATCH_OUTPUT -> false;
            };
        }
    }
}
