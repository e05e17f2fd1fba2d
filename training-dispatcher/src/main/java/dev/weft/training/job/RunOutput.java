package dev.weft.training.job;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What a run has told since it was last read.
 *
 * @param reports sentences for the job's events
 * @param progress the last that it told, 0 to 1
 * @param cursor where reading goes on; empty when nothing was read
 */
public record RunOutput(
        List<Line> lines,
        List<Figure> metrics,
        List<String> reports,
        OptionalDouble progress,
        Optional<String> cursor) {

    public RunOutput {
        lines = List.copyOf(lines);
        metrics = List.copyOf(metrics);
        reports = List.copyOf(reports);
    }

    /**
     * A line.
     *
     * @param stream {@code stdout} or {@code stderr}
     */
    public record Line(String stream, String text) {}

    /** A figure that was measured in a step. */
    public record Figure(long step, String name, double value) {}

    /** Whether there is nothing to keep. */
    public boolean isEmpty() {
        return lines.isEmpty() && metrics.isEmpty() && reports.isEmpty() && progress.isEmpty() && cursor.isEmpty();
    }
}
