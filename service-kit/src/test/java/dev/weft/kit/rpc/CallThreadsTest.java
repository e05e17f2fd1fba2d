package dev.weft.kit.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Context;
import io.smallrye.common.vertx.VertxContext;
import io.vertx.core.Vertx;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CallThreadsTest {

    private static final Context.Key<String> KEY = Context.key("key");

    private final Vertx vertx = Vertx.vertx();
    private final CallThreads threads = new CallThreads();

    @AfterEach
    void close() throws Exception {
        threads.stop();
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    @Test
    void workKeepsTheContextOfItsCallWhateverTheEventLoopDoesMeanwhile() throws Exception {
        io.vertx.core.Context call =
                Objects.requireNonNull(VertxContext.createNewDuplicatedContext(vertx.getOrCreateContext()));
        CompletableFuture<Void> begun = new CompletableFuture<>();
        CompletableFuture<Void> goOn = new CompletableFuture<>();
        CompletableFuture<String> found = new CompletableFuture<>();

        call.runOnContext(_ -> Context.ROOT
                .withValue(KEY, "the call's")
                .run(() -> threads.execute(() -> {
                    begun.complete(null);
                    goOn.join();
                    found.complete(String.valueOf(KEY.get()));
                })));
        begun.get(10, TimeUnit.SECONDS);
        call.runOnContext(_ -> {
            Context _ = Context.ROOT.withValue(KEY, "another event's").attach();
            goOn.complete(null);
        });

        assertThat(found.get(10, TimeUnit.SECONDS)).isEqualTo("the call's");
    }
}
