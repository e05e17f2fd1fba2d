package dev.weft.gateway.training;

import dev.weft.gateway.http.RestCall;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.protocol.training.v1.Event;
import dev.weft.protocol.training.v1.ListEventsRequest;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** A job's events, the newest first; training-dispatcher tells them in the order of their numbers, which have no gaps. */
final class FineTuningEvents {

    private static final String PREFIX = "ftevent-";

    /** What training-dispatcher gives at a time, at most. */
    private static final int AT_A_TIME = 1_000;

    private FineTuningEvents() {}

    /**
     * Some events.
     *
     * @param events the newest first
     */
    record Page(List<Event> events, boolean hasMore) {

        static Page of(List<Event> oldestFirst) {
            return new Page(
                    oldestFirst.reversed(),
                    !oldestFirst.isEmpty() && oldestFirst.getFirst().getNumber() > 1);
        }
    }

    static String id(String job, Event event) {
        return PREFIX + job + "-" + event.getNumber();
    }

    /**
     * Reads a page.
     *
     * @param after the id of the event to begin behind; empty to begin at the newest
     */
    static Page read(TrainingService service, RestCall call, String job, String after, int limit) {
        if (after.isEmpty()) {
            return newest(service, call, job, limit);
        }
        long number = number(job, after);
        long first = Math.max(1, number - limit);
        return number == 1
                ? new Page(List.of(), false)
                : Page.of(some(service, call, job, first - 1, (int) (number - first)));
    }

    private static Page newest(TrainingService service, RestCall call, String job, int limit) {
        Deque<Event> newest = new ArrayDeque<>(limit);
        long seen = 0;
        List<Event> some;
        do {
            some = some(service, call, job, seen, AT_A_TIME);
            for (Event event : some) {
                if (newest.size() == limit) {
                    newest.removeFirst();
                }
                newest.addLast(event);
                seen = event.getNumber();
            }
        } while (some.size() == AT_A_TIME);
        return Page.of(List.copyOf(newest));
    }

    private static List<Event> some(TrainingService service, RestCall call, String job, long after, int limit) {
        ListEventsRequest request = ListEventsRequest.newBuilder()
                .setJobId(job)
                .setAfter(after)
                .setLimit(limit)
                .build();
        return service.call(call, stub -> stub.listEvents(request)).getEventsList();
    }

    private static long number(String job, String id) {
        String before = PREFIX + job + "-";
        if (id.startsWith(before)) {
            try {
                long number = Long.parseLong(id.substring(before.length()));
                if (number >= 1) {
                    return number;
                }
            } catch (NumberFormatException _) {
                // as for an id that is none
            }
        }
        throw new InvalidArgument("after: '" + id + "' (expected: the id of an event of this job)");
    }
}
