package dev.weft.training.backend;

import dev.weft.training.job.RunOutput;
import java.util.List;

/**
 * Some of what a run has written.
 *
 * @param cursor where the next piece begins; the backend's own words, kept beside the lines
 * @param more there is more to read now
 */
public record OutputPiece(List<RunOutput.Line> lines, String cursor, boolean more) {

    public OutputPiece {
        lines = List.copyOf(lines);
    }
}
