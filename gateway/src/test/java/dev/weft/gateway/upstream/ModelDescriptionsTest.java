package dev.weft.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.gateway.http.AnsweredBy;
import dev.weft.gateway.http.RestCall;
import dev.weft.gateway.http.ServerTiming;
import dev.weft.gateway.keys.Caller;
import dev.weft.gateway.usage.Tally;
import dev.weft.kit.error.Failure.NotFound;
import dev.weft.kit.rpc.RequestId;
import dev.weft.kit.time.Deadline;
import io.grpc.Context;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ModelDescriptionsTest {

    private static final RestCall CALL = new RestCall(
            RequestId.ofClient(null),
            Deadline.after(Duration.ofSeconds(1)),
            Context.ROOT.withCancellation(),
            null,
            null,
            new ServerTiming(),
            new AnsweredBy(),
            Caller.ANONYMOUS,
            new Tally());

    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1_000); // System.nanoTime may overflow
    private final List<String> asked = new ArrayList<>();
    private final ModelDescriptions descriptions =
            new ModelDescriptions(this::describe, Duration.ofSeconds(5), nanos::get);

    private ModelDescription describe(String model, RestCall call) {
        asked.add(model);
        if (model.equals("nope")) {
            throw new NotFound("model 'nope' is unknown");
        }
        return new ModelDescription(model, "task-" + asked.size(), List.of());
    }

    @Test
    void descriptionIsRememberedForItsTime() {
        ModelDescription first = descriptions.of("intents", CALL);
        nanos.addAndGet(Duration.ofSeconds(5).toNanos() - 1);

        ModelDescription second = descriptions.of("intents", CALL);

        assertThat(second).isSameAs(first);
        assertThat(asked).containsExactly("intents");
    }

    @Test
    void replacedModelIsNoticedWhenTheTimeIsOver() {
        descriptions.of("intents", CALL);
        nanos.addAndGet(Duration.ofSeconds(5).toNanos());

        assertThat(descriptions.of("intents", CALL).task()).isEqualTo("task-2");
    }

    @Test
    void currentDescriptionIsAskedForAndRemembered() {
        descriptions.of("intents", CALL);

        ModelDescription current = descriptions.current("intents", CALL);

        assertThat(current.task()).isEqualTo("task-2");
        assertThat(descriptions.of("intents", CALL)).isSameAs(current);
    }

    @Test
    void unknownModelIsNotRemembered() {
        assertThatThrownBy(() -> descriptions.of("nope", CALL)).isInstanceOf(NotFound.class);
        assertThatThrownBy(() -> descriptions.of("nope", CALL)).isInstanceOf(NotFound.class);

        assertThat(asked).containsExactly("nope", "nope");
    }

    @Test
    void modelThatWasAskedLongestAgoIsForgottenFirst() {
        for (int i = 0; i < ModelDescriptions.CAPACITY; i++) {
            descriptions.of("model-" + i, CALL);
        }
        descriptions.of("model-0", CALL);
        descriptions.of("one-more", CALL);
        asked.clear();

        descriptions.of("model-0", CALL);
        descriptions.of("model-1", CALL);

        assertThat(asked).containsExactly("model-1");
    }
}
