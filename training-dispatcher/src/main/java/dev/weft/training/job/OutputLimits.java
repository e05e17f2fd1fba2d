package dev.weft.training.job;

/**
 * How much of what runs tell is kept.
 *
 * @param maxLines log lines of one job
 * @param maxMetrics figures of one job
 * @param maxLineLength characters of a line; what is longer is cut
 */
public record OutputLimits(int maxLines, int maxMetrics, int maxLineLength) {

    String cut(String line) {
        return line.length() <= maxLineLength ? line : line.substring(0, maxLineLength) + "…";
    }
}
