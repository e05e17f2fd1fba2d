package dev.weft.training.dispatch;

import dev.weft.training.backend.local.LocalBackends;
import dev.weft.training.job.JobFixture;
import io.quarkus.runtime.StartupEvent;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/** A dispatcher as a process of its own, to be killed: the service without what answers calls. */
final class TestDispatcher {

    private TestDispatcher() {}

    /** Arguments: the database's URL, user and password, the folder of runs. */
    public static void main(String... arguments) {
        JobFixture fixture = new JobFixture(
                JobFixture.pool(arguments[0], arguments[1], arguments[2]),
                Map.of("weft.training.jobs.lease-term", "2s"));
        TestDispatch dispatch = new TestDispatch(
                fixture,
                List.of(LocalBackends.of(Path.of(arguments[3]), 4)),
                Optional.empty(),
                Map.of(
                        "weft.training.dispatch.interval", "100ms",
                        "weft.training.dispatch.poll-interval", "50ms",
                        "weft.training.dispatch.sweep-interval", "500ms"));
        dispatch.reconciler().start(new StartupEvent());
        dispatch.housekeeping().start(new StartupEvent());
        System.out.println("ready");
        while (true) {
            LockSupport.park();
        }
    }
}
