package dev.weft.training.dispatch;

import dev.weft.training.backend.OutputPiece;
import dev.weft.training.job.RunOutput;
import dev.weft.training.runtime.RuntimeEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** Tells a run's events from its plain lines. */
final class OutputParser {

    private static final String STDOUT = "stdout";
    private static final String STDERR = "stderr";
    private static final double PERCENT = 100;

    private OutputParser() {}

    static RunOutput parse(OutputPiece piece) {
        List<RunOutput.Line> lines = new ArrayList<>();
        List<RunOutput.Figure> figures = new ArrayList<>();
        List<String> reports = new ArrayList<>();
        OptionalDouble progress = OptionalDouble.empty();
        for (RunOutput.Line line : piece.lines()) {
            if (!line.stream().equals(STDOUT)) {
                lines.add(line);
                continue;
            }
            switch (RuntimeEvent.parse(line.text())) {
                case RuntimeEvent.Progress(double percent, String message) -> {
                    progress = OptionalDouble.of(percent / PERCENT);
                    if (!message.isEmpty()) {
                        lines.add(new RunOutput.Line(STDOUT, message));
                    }
                }
                case RuntimeEvent.Metric(String name, double value, long step) ->
                    figures.add(new RunOutput.Figure(step, name, value));
                case RuntimeEvent.Log(RuntimeEvent.Level level, String message) ->
                    lines.add(new RunOutput.Line(level == RuntimeEvent.Level.INFO ? STDOUT : STDERR, message));
                case RuntimeEvent.Result result -> reports.add("result: " + result.metrics());
                case RuntimeEvent.Failed(String message) -> lines.add(new RunOutput.Line(STDERR, message));
            }
        }
        return new RunOutput(lines, figures, reports, progress, Optional.of(piece.cursor()));
    }

    /** What a program that ended well has made: the last that it told, or all that is in its output folder. */
    static RuntimeEvent.Result result(List<String> lastLines) {
        for (String line : lastLines.reversed()) {
            if (RuntimeEvent.parse(line) instanceof RuntimeEvent.Result result) {
                return result;
            }
        }
        return new RuntimeEvent.Result("", "", java.util.Map.of());
    }

    /** Why a program ended badly, in its own words where it has said so, or by its last line. */
    static String failure(int code, List<String> lastLines) {
        String last = "";
        for (String line : lastLines.reversed()) {
            if (RuntimeEvent.parse(line) instanceof RuntimeEvent.Failed(String message)) {
                return message;
            }
            last = last.isEmpty() && !line.startsWith("{") ? line.strip() : last;
        }
        return "the program ended with " + code + (last.isEmpty() ? "" : ": " + last);
    }
}
