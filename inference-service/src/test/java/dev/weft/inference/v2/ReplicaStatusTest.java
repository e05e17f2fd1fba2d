package dev.weft.inference.v2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.protocol.inference.RepositoryModelLoadRequest;
import dev.weft.protocol.inference.RepositoryModelUnloadRequest;
import dev.weft.protocol.inference.v1.GetStatusRequest;
import dev.weft.protocol.inference.v1.GetStatusResponse;
import dev.weft.protocol.inference.v1.ModelState;
import dev.weft.protocol.inference.v1.ModelStatus;
import dev.weft.protocol.inference.v1.ReplicaGrpc;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a replica tells of itself; {@link ReplicaStatusIT} runs the same against the packaged service. */
@QuarkusTest
@QuarkusTestResource(TestRepository.class)
class ReplicaStatusTest {

    private V2Client client;

    @BeforeEach
    void connect() {
        client = new V2Client();
        client.awaitReady();
    }

    @AfterEach
    void disconnect() {
        client.close();
    }

    private GetStatusResponse status() {
        return ReplicaGrpc.newBlockingStub(client.channel())
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .getStatus(GetStatusRequest.getDefaultInstance());
    }

    private ModelStatus model(String name) {
        return status().getModelsList().stream()
                .filter(model -> model.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void replicaTellsWhatItIsAndHas() {
        GetStatusResponse status = status();

        assertThat(status.getInstanceId()).isNotEmpty().isEqualTo(status().getInstanceId());
        assertThat(status.getDevice()).isEqualTo("cpu");
        assertThat(status.getReady()).isTrue();
        assertThat(status.getDraining()).isFalse();
        assertThat(status.getMemoryBudgetBytes()).isGreaterThan(status.getMemoryUsedBytes());
        assertThat(status.getResidentBytes()).isPositive();
        ModelStatus bundled = model("all-minilm-l6-v2");
        assertThat(bundled.getState()).isEqualTo(ModelState.MODEL_STATE_READY);
        assertThat(bundled.getWeightBytes()).isBetween(20_000_000L, status.getMemoryUsedBytes());
    }

    @Test
    void unloadedModelSaysThatSomebodyWantedIt() {
        client.stub()
                .repositoryModelUnload(RepositoryModelUnloadRequest.newBuilder()
                        .setModelName("counting")
                        .build());
        try {
            assertThat(model("counting").getState()).isEqualTo(ModelState.MODEL_STATE_UNLOADED);
        } finally {
            client.stub()
                    .repositoryModelLoad(RepositoryModelLoadRequest.newBuilder()
                            .setModelName("counting")
                            .build());
        }
        await().untilAsserted(() -> assertThat(model("counting").getState()).isEqualTo(ModelState.MODEL_STATE_READY));
    }
}
