package dev.weft.inference.generation;

import java.util.List;

/**
 * Looks for the texts that end an answer, across pieces: text that could be the beginning of one is held back until that is decided.
 * Not thread-safe.
 */
final class StopStrings {

    private final List<String> stops;
    private String held = "";
    private boolean stopped;

    StopStrings(List<String> stops) {
        this.stops = stops;
    }

    /** True once one has occurred; nothing more belongs to the answer then. */
    boolean isStopped() {
        return stopped;
    }

    /** Takes more text; returns what certainly belongs to the answer. */
    String append(String text) {
        if (stopped || text.isEmpty()) {
            return "";
        }
        String all = held + text;
        int first = -1;
        for (String stop : stops) {
            int at = all.indexOf(stop);
            if (at >= 0 && (first < 0 || at < first)) {
                first = at;
            }
        }
        if (first >= 0) {
            stopped = true;
            held = "";
            return all.substring(0, first);
        }
        int certain = all.length() - longestBeginning(all);
        held = all.substring(certain);
        return all.substring(0, certain);
    }

    /** What is held back and turns out to be text like any other. */
    String finish() {
        String rest = held;
        held = "";
        return rest;
    }

    /** How many of the last characters could begin a stop text. */
    private int longestBeginning(String text) {
        int longest = 0;
        for (String stop : stops) {
            for (int length = Math.min(stop.length() - 1, text.length()); length > longest; length--) {
                if (text.regionMatches(text.length() - length, stop, 0, length)) {
                    longest = length;
                }
            }
        }
        return longest;
    }
}
