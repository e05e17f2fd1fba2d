package dev.weft.embedding.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.embedding.fixtures.BatchClient;
import dev.weft.embedding.fixtures.FreePort;
import dev.weft.embedding.fixtures.ScriptedInference;
import dev.weft.protocol.embedding.v1.BatchState;
import dev.weft.protocol.embedding.v1.BatchUsage;
import dev.weft.protocol.embedding.v1.SubmitBatchRequest;
import dev.weft.protocol.embedding.v1.TakeUsageRequest;
import dev.weft.protocol.embedding.v1.TakeUsageResponse;
import dev.weft.testkit.DatabaseResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.junit.QuarkusTest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What batches have taken of models, as the gateway fetches it. */
@QuarkusTest
@QuarkusTestResource(value = ScriptedInference.class, restrictToAnnotatedClass = true)
@QuarkusTestResource(value = FreePort.class, restrictToAnnotatedClass = true)
@QuarkusTestResource(value = DatabaseResource.class, initArgs = @ResourceArg(name = "schema", value = "embedding"))
class BatchUsageTest {

    private final BatchClient client = new BatchClient();
    private final String owner = "key-" + UUID.randomUUID();

    @BeforeEach
    void takeAll() {
        TakeUsageResponse delivery = take("", 0);
        while (delivery.getNumber() > 0) {
            delivery = take(delivery.getSource(), delivery.getNumber());
        }
    }

    @AfterEach
    void close() {
        client.close();
    }

    private TakeUsageResponse take(String source, long number) {
        return client.stub()
                .takeUsage(TakeUsageRequest.newBuilder()
                        .setSource(source)
                        .setNumber(number)
                        .build());
    }

    private void run(String... rows) {
        String file = client.uploadFor(
                        owner, String.join("\n", rows).getBytes(StandardCharsets.UTF_8), Duration.ofDays(1))
                .getId();
        String batch = client.stub()
                .submitBatch(SubmitBatchRequest.newBuilder()
                        .setInputFileId(file)
                        .setEndpoint("/v1/embeddings")
                        .setOwner(owner)
                        .build())
                .getBatch()
                .getId();
        client.await(batch, BatchState.BATCH_STATE_COMPLETED);
    }

    @Test
    void rowsThatAskedAModelAreCountedForTheirOwner() {
        run(
                BatchClient.row("a", "four"),
                BatchClient.row("b", "letters"),
                BatchClient.row("c", "x".repeat(ScriptedInference.LONGEST + 1)),
                BatchClient.row("d", "x").replace("\"letters\"", "\"no-such-model\""),
                "not a request");

        TakeUsageResponse delivery = take("", 0);

        assertThat(delivery.getUsageList()).hasSize(1);
        BatchUsage usage = delivery.getUsage(0);
        assertThat(usage.getOwner()).isEqualTo(owner);
        assertThat(usage.getModel()).isEqualTo("letters");
        assertThat(usage.getHourMs()).isPositive().matches(hour -> hour % 3_600_000 == 0);
        assertThat(usage.getRequests()).isEqualTo(3);
        assertThat(usage.getErrors()).isEqualTo(1);
        assertThat(usage.getRows()).isEqualTo(2);
        assertThat(usage.getPromptTokens()).isEqualTo("four".length() + "letters".length());
        assertThat(usage.getComputeUs()).isPositive().matches(micros -> micros % 1_000 == 0);
    }

    @Test
    void deliveryComesAgainUntilItIsTakenAndWhatIsNewComesInTheNext() {
        run(BatchClient.row("a", "first"));
        TakeUsageResponse first = take("", 0);
        run(BatchClient.row("b", "the second"), BatchClient.row("c", "the third"));

        assertThat(take("", 0)).isEqualTo(first);
        assertThat(take("another database", first.getNumber())).isEqualTo(first);

        TakeUsageResponse second = take(first.getSource(), first.getNumber());
        assertThat(first.getUsage(0).getRows()).isEqualTo(1);
        assertThat(second.getNumber()).isGreaterThan(first.getNumber());
        assertThat(second.getUsageList()).extracting(BatchUsage::getRows).containsExactly(2L);
        assertThat(take(first.getSource(), first.getNumber())).isEqualTo(second);

        TakeUsageResponse nothing = take(second.getSource(), second.getNumber());
        assertThat(nothing.getNumber()).isZero();
        assertThat(nothing.getUsageList()).isEqualTo(List.of());
    }
}
