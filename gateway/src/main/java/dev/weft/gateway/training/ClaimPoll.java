package dev.weft.gateway.training;

import dev.weft.gateway.http.RestCall;
import dev.weft.kit.error.Failure.Cancelled;
import dev.weft.protocol.training.v1.ClaimResponse;
import io.grpc.Context;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Asks again and again for a run, so that a worker need not: it hears of one within about a second. */
final class ClaimPoll {

    /** With some chance in it, so that workers which were begun together do not ask together. */
    private static final long LEAST_PAUSE_MS = 500;

    private static final long MOST_PAUSE_MS = 1_500;

    /** What is left for the answer. */
    private static final Duration RESERVE = Duration.ofMillis(500);

    private ClaimPoll() {}

    /**
     * Claims until there is a run, the wait is over, or the client has gone: no run is claimed for one who is not there any more.
     *
     * @throws Cancelled when the client has gone
     */
    static ClaimResponse until(RestCall call, Duration wait, Supplier<ClaimResponse> claim) {
        long end = System.nanoTime()
                + Math.min(
                        wait.toNanos(),
                        call.deadline().remaining().minus(RESERVE).toNanos());
        CountDownLatch gone = new CountDownLatch(1);
        Context.CancellationListener listener = _ -> gone.countDown();
        call.work().addListener(listener, Runnable::run);
        try {
            ClaimResponse response = claim.get();
            while (!response.hasRun() && System.nanoTime() < end) {
                long pause = TimeUnit.MILLISECONDS.toNanos(
                        ThreadLocalRandom.current().nextLong(LEAST_PAUSE_MS, MOST_PAUSE_MS));
                if (gone.await(Math.min(pause, Math.max(1, end - System.nanoTime())), TimeUnit.NANOSECONDS)) {
                    throw new Cancelled("the worker has gone");
                }
                response = claim.get();
            }
            return response;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new Cancelled("interrupted");
        } finally {
            call.work().removeListener(listener);
        }
    }
}
