package dev.weft.kit.rpc;

import io.grpc.Context;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Runs the blocking work of gRPC calls, each on a virtual thread of its own and in the gRPC context of whoever hands it over. Quarkus' executor of virtual
 * threads will not do: its threads are on the call's Vert.x context, where Quarkus keeps the gRPC context, so that each event of the call that the event loop
 * handles meanwhile would change what the work finds in it. Thread-safe.
 */
@Singleton
public class CallThreads implements Executor {

    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("call-", 0).factory());

    @Override
    public void execute(Runnable work) {
        threads.execute(Context.current().wrap(work));
    }

    /** By now the server has ended, and waited for its calls. */
    @PreDestroy
    void stop() {
        threads.shutdownNow();
    }
}
