package dev.weft.gateway.training;

import dev.weft.gateway.http.RestCall;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.protocol.training.v1.HistoryEntry;
import dev.weft.protocol.training.v1.ListHistoryRequest;
import dev.weft.protocol.training.v1.ListHistoryResponse;

/** A job's events and metrics, the newest first. An id tells the entry's kind and its number there. */
final class FineTuningEvents {

    private static final String PREFIX = "ftevent-";
    private static final String METRICS = "m";

    private FineTuningEvents() {}

    static String id(String job, HistoryEntry entry) {
        return before(job)
                + (entry.hasMetrics()
                        ? METRICS + entry.getMetrics().getNumber()
                        : entry.getEvent().getNumber());
    }

    /**
     * Reads a page.
     *
     * @param after the id of the event to begin behind; empty to begin at the newest
     * @throws InvalidArgument when that is no id of this job's events
     */
    static ListHistoryResponse read(TrainingService service, RestCall call, String job, String after, int limit) {
        ListHistoryRequest.Builder request =
                ListHistoryRequest.newBuilder().setJobId(job).setLimit(limit);
        if (!after.isEmpty()) {
            String entry =
                    after.startsWith(before(job)) ? after.substring(before(job).length()) : "";
            if (entry.startsWith(METRICS)) {
                request.setAfterMetrics(number(entry.substring(METRICS.length()), after));
            } else {
                request.setAfterEvent(number(entry, after));
            }
        }
        ListHistoryRequest whole = request.build();
        return service.call(call, stub -> stub.listHistory(whole));
    }

    private static String before(String job) {
        return PREFIX + job + "-";
    }

    private static long number(String text, String id) {
        try {
            long number = Long.parseLong(text);
            if (number >= 1) {
                return number;
            }
        } catch (NumberFormatException _) {
            // as for a number that is none of an entry
        }
        throw new InvalidArgument("after: '" + id + "' (expected: the id of an event of this job)");
    }
}
