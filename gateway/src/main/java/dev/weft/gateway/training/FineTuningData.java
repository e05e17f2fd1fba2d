package dev.weft.gateway.training;

import com.google.protobuf.ByteString;
import dev.weft.gateway.batches.BatchFiles;
import dev.weft.gateway.batches.BatchFiles.FileInfo;
import dev.weft.gateway.http.RestCall;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.NotFound;
import dev.weft.kit.error.Failure.TooLarge;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.protocol.training.v1.DataContent;
import jakarta.inject.Singleton;
import java.io.IOException;

/** Reads training files for the jobs that carry them along. Blocks; thread-safe. */
@Singleton
class FineTuningData {

    private static final int MAX_NAME = 128;

    private final BatchFiles files;
    private final long limit;

    FineTuningData(BatchFiles files, TrainingConfig config) {
        this.files = files;
        this.limit = config.maxFineTuningFile().asLongValue();
    }

    /**
     * The file's bytes and its name.
     *
     * @throws InvalidArgument when there is no such file, or it was not uploaded for this
     * @throws TooLarge when a job cannot carry it
     */
    DataContent read(String id, RestCall call) {
        try {
            FileInfo file = files.get(id, call);
            if (!file.purpose().equals(BatchFiles.FINE_TUNE)) {
                throw new InvalidArgument("training_file: '" + id + "' has the purpose " + file.purpose()
                        + " (expected: " + BatchFiles.FINE_TUNE + ")");
            }
            // A file never changes, so this bounds what comes.
            if (file.sizeBytes() > limit) {
                throw new TooLarge("training_file: '" + id + "' has " + file.sizeBytes() + " bytes (expected: at most "
                        + limit + ", weft.gateway.training.max-fine-tuning-file)");
            }
            ByteString.Output bytes = ByteString.newOutput((int) file.sizeBytes());
            files.download(id, bytes, call);
            return DataContent.newBuilder()
                    .setFileName(name(file.name()))
                    .setContent(bytes.toByteString())
                    .build();
        } catch (NotFound _) {
            throw new InvalidArgument("training_file: '" + id + "' does not exist (expected: the id of a file)");
        } catch (IOException e) {
            throw new Unavailable("training_file: '" + id + "' cannot be read: " + e.getMessage());
        }
    }

    /** A name that may stand in a job's folder. Its ending tells the format, and OpenAI's clients leave it away when they upload from memory. */
    static String name(String name) {
        String plain = name.replaceAll("[^A-Za-z0-9._-]", "-").replaceFirst("^[^A-Za-z0-9]+", "");
        String whole = plain.isEmpty() ? "train" : plain;
        String ended = whole.indexOf('.') < 0 ? whole + ".jsonl" : whole;
        return ended.substring(Math.max(0, ended.length() - MAX_NAME)).replaceFirst("^[^A-Za-z0-9]+", "");
    }
}
