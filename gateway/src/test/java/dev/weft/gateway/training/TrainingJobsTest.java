package dev.weft.gateway.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.gateway.fixtures.Http;
import dev.weft.gateway.fixtures.ScriptedInference;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Training jobs over REST; {@link TrainingJobsIT} runs the same against the packaged gateway. */
@QuarkusTest
@QuarkusTestResource(ScriptedInference.class)
@QuarkusTestResource(ScriptedTraining.class)
class TrainingJobsTest {

    private static final String JOBS = "/api/v1/training/jobs";
    private static final String SPEC =
            "{\"runtime\": \"text-classifier\", \"parameters\": {\"epochs\": 3}, \"data_uri\": \"file:/data/intents.csv\"}";

    @TestHTTPResource
    private URI uri;

    private Http http;

    @BeforeEach
    void connect() {
        http = new Http(uri);
    }

    @Test
    void jobIsSubmittedOnceAndTold() {
        String key = UUID.randomUUID().toString();

        Http.Answer first = http.post(JOBS, SPEC, "Idempotency-Key", key);
        Http.Answer again = http.post(JOBS, SPEC, "Idempotency-Key", key);

        assertThat(first.status()).as(first.text()).isEqualTo(201);
        assertThat(first.header("Location")).endsWith(JOBS + "/" + key);
        assertThat(again.status()).isEqualTo(200);
        Http.Answer told = http.get(JOBS + "/" + key);
        assertThat(told.json().at("/spec/parameters/epochs").asInt()).isEqualTo(3);
        assertThat(told.json().get("owner").asText()).isEqualTo("anonymous");
        assertThat(http.get(JOBS + "/" + key + "/events?after=4")
                        .json()
                        .at("/events/0/number")
                        .asText())
                .isEqualTo("5");
    }

    @Test
    void jobOfSomebodyElseIsUnknownToAService() {
        String key = UUID.randomUUID().toString();
        http.post(JOBS, SPEC, "Idempotency-Key", key);

        Http.Answer answer = http.get(JOBS + "/" + key, "Authorization", "Bearer " + ScriptedInference.TOKEN);

        assertThat(answer.status()).isEqualTo(404);
    }

    @Test
    void wrongBodyAndUnknownRuntimeAreTold() {
        assertThat(http.post(JOBS, "{\"runtim\": 1}").json().get("detail").asText())
                .contains("runtim");
        assertThat(http.post(JOBS, "{\"runtime\": \"nothing\"}").status()).isEqualTo(404);
        assertThat(http.get(JOBS + "?state=nope").json().get("detail").asText())
                .startsWith("state: 'nope' (expected: queued");
    }
}
