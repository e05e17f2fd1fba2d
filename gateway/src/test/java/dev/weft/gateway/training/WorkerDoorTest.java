package dev.weft.gateway.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.gateway.fixtures.Http;
import dev.weft.gateway.fixtures.ScriptedInference;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What machines that pull work find at the gateway. */
@QuarkusTest
@QuarkusTestResource(ScriptedInference.class)
@QuarkusTestResource(ScriptedTraining.class)
class WorkerDoorTest {

    private static final String WORKER = "/api/v1/training/worker/";
    private static final String TOKEN = "Bearer " + ScriptedWorkers.TOKEN;

    @TestHTTPResource
    private URI uri;

    private Http http;

    @BeforeEach
    void connect() {
        http = new Http(uri);
    }

    @Test
    void claimWaitsForARun() {
        Http.Answer answer = http.post(WORKER + "claim?wait_ms=20000", "{}", "Authorization", TOKEN);

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.json().at("/run/run_id").asText()).isEqualTo("run-1");
        assertThat(answer.json().at("/run/lease_token").asText()).isEqualTo("3");
    }

    @Test
    void whoShowsNoWorkersTokenIsRefused() {
        assertThat(http.post(WORKER + "claim", "{}").status()).isEqualTo(401);
        assertThat(http.post(WORKER + "claim", "{}", "Authorization", "Bearer " + ScriptedInference.TOKEN)
                        .status())
                .isEqualTo(401);
        assertThat(http.post(WORKER + "claim", "{}", "Authorization", "Bearer wtw_" + "b".repeat(43))
                        .status())
                .isEqualTo(401);
    }

    @Test
    void workersTokenOpensNoOtherDoorOfThisGateway() {
        Http.Answer answer =
                http.get("/api/v1/training/workers", "Authorization", TOKEN, "X-Forwarded-For", "10.1.2.3");

        assertThat(answer.status()).isEqualTo(401);
    }

    @Test
    void runThatIsSomebodyElsesIsToldApart() {
        Http.Answer kept =
                http.post(WORKER + "runs/run-2/heartbeat", "{\"lease_token\": \"3\"}", "Authorization", TOKEN);
        Http.Answer lost =
                http.post(WORKER + "runs/run-2/heartbeat", "{\"lease_token\": \"9\"}", "Authorization", TOKEN);

        assertThat(kept.json().get("stop").asBoolean()).isTrue();
        assertThat(lost.status()).isEqualTo(412);
    }

    @Test
    void dataAreReadFromAnOffset() {
        Http.Answer answer = http.get(WORKER + "runs/run-1/data?lease_token=3&offset=1000", "Authorization", TOKEN);

        assertThat(answer.response().body()).hasSize(ScriptedWorkers.DATA.size() - 1_000);
    }

    @Test
    void fileOverTheBodysLimitIsPassedOnAndGoesOnWhereItEnds() {
        byte[] half = new byte[20 << 20];
        String files = WORKER + "runs/run-1/files";
        String announced = "{\"lease_token\": \"3\", \"path\": \"model.bin\", \"size_bytes\": \"41943040\"}";

        Http.Answer first = put(files + "?lease_token=3&path=model.bin&offset=0", half);
        Http.Answer again = put(files + "?lease_token=3&path=model.bin&offset=0", half);
        Http.Answer there = http.post(files, announced, "Authorization", TOKEN);
        Http.Answer second = put(files + "?lease_token=3&path=model.bin&offset=" + half.length, half);

        assertThat(first.json().get("offset").asLong()).isEqualTo(half.length);
        assertThat(again.status()).isEqualTo(400);
        assertThat(there.json().get("offset").asLong()).isEqualTo(half.length);
        assertThat(second.json().get("offset").asLong()).isEqualTo(2L * half.length);
    }

    private Http.Answer put(String path, byte[] body) {
        return http.send(http.request(path, "Authorization", TOKEN).PUT(BodyPublishers.ofByteArray(body)));
    }
}
