package dev.weft.gateway.training;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.gateway.catalog.ModelNames;
import dev.weft.protocol.training.v1.DataContent;
import dev.weft.protocol.training.v1.Job;
import dev.weft.protocol.training.v1.JobSpec;
import dev.weft.protocol.training.v1.JobState;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class FineTuningSpecTest {

    private static final Instant NOW = Instant.ofEpochSecond(1_700_000_100);

    private static FineTuningOrder order(String model, String fields) {
        return FineTuningOrder.read(("{\"model\": \"" + model + "\", \"training_file\": \"file-1\"" + fields + "}")
                .getBytes(StandardCharsets.UTF_8));
    }

    private static JobSpec spec(String fields) {
        return FineTuningSpec.of(
                order("m", fields),
                ScriptedTraining.runtime("text-classifier"),
                DataContent.getDefaultInstance(),
                "intents");
    }

    private static JsonNode told(JobState state, boolean ended) {
        return FineTuningJson.job(
                Job.newBuilder()
                        .setId("t1")
                        .setSpec(spec(", \"hyperparameters\": {\"learning_rate_multiplier\": 1.5, \"n_epochs\": 3}"))
                        .setState(state)
                        .setEnded(ended)
                        .setTimeLeftMs(20_000)
                        .build(),
                NOW);
    }

    @Test
    void whatTheDispatcherDoesNotKnowComesBackFromTheLabels() {
        JobSpec spec = spec(", \"metadata\": {\"team\": \"cards\", \"fine-tuning.view\": \"none\"}");

        assertThat(FineTuningSpec.isOne(Job.newBuilder().setSpec(spec).build())).isTrue();
        assertThat(FineTuningSpec.trainingFile(spec)).isEqualTo("file-1");
        assertThat(FineTuningSpec.metadata(spec)).isEqualTo(Map.of("team", "cards", "fine-tuning.view", "none"));
        assertThat(FineTuningSpec.multiplier(spec)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "JOB_STATE_QUEUED, false, queued",
        "JOB_STATE_DISPATCHED, false, running",
        "JOB_STATE_RUNNING, false, running",
        "JOB_STATE_STOPPING, false, running",
        "JOB_STATE_SUCCEEDED, false, running",
        "JOB_STATE_SUCCEEDED, true, succeeded",
        "JOB_STATE_PUBLISHED, true, succeeded",
        "JOB_STATE_FAILED, true, failed",
        "JOB_STATE_CANCELLED, true, cancelled",
    })
    void stateIsToldInOpenAisWords(JobState state, boolean ended, String status) {
        assertThat(told(state, ended).path("status").asText()).isEqualTo(status);
    }

    @ParameterizedTest
    @EnumSource(names = {"JOB_STATE_QUEUED", "JOB_STATE_RUNNING", "JOB_STATE_SUCCEEDED"})
    void jobThatHasNotEndedTellsNoEnd(JobState state) {
        JsonNode json = told(state, false);

        assertThat(json.path("finished_at").isNull()).isTrue();
        assertThat(json.path("fine_tuned_model").isNull()).isTrue();
        assertThat(json.path("error").isNull()).isTrue();
        assertThat(json.path("estimated_finish").asLong()).isEqualTo(NOW.getEpochSecond() + 20);
    }

    @Test
    void numbersAreWholeWhereTheyWere() {
        JsonNode hyperparameters = told(JobState.JOB_STATE_RUNNING, false).path("hyperparameters");

        assertThat(hyperparameters.toString())
                .contains("\"n_epochs\":3,", "\"learning_rate_multiplier\":1.5", "\"batch_size\":\"auto\"");
        assertThat(hyperparameters.path("learning_rate").asDouble()).isEqualTo(0.045);
        assertThat(told(JobState.JOB_STATE_RUNNING, false).at("/method/supervised/hyperparameters"))
                .isEqualTo(hyperparameters);
    }

    @ParameterizedTest
    @ValueSource(strings = {"all-minilm-l6-v2", "org/model@3", "@", "-", "ä", "._a"})
    void nameThatIsMadeUpIsOneForTheCatalog(String model) {
        FineTuningOrder order = order(model, "");
        FineTuningOrder longest = order("m".repeat(500), "");

        String name = FineTuningSpec.name(order, "ana", "");

        assertThat(ModelNames.requireModel(name, "name")).contains("-ft-");
        assertThat(ModelNames.requireModel(FineTuningSpec.name(longest, "ana", ""), "name"))
                .hasSize(112);
        assertThat(FineTuningSpec.name(order, "ana", "")).isNotEqualTo(name);
        assertThat(FineTuningSpec.name(order, "ana", "key"))
                .isEqualTo(FineTuningSpec.name(order, "ana", "key"))
                .isNotEqualTo(FineTuningSpec.name(order, "bob", "key"));
    }

    @ParameterizedTest
    @CsvSource({
        "train.jsonl, train.jsonl",
        "file, file.jsonl",
        "my data (1).csv, my-data--1-.csv",
        "../etc/passwd, etc-passwd.jsonl",
        "ä, train.jsonl",
    })
    void fileGetsANameThatAJobMayHave(String name, String data) {
        assertThat(FineTuningData.name(name)).isEqualTo(data);
        assertThat(FineTuningData.name("x".repeat(200) + ".csv")).hasSize(128).endsWith("x.csv");
    }
}
