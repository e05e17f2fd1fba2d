package dev.weft.gateway.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.models.files.FileCreateParams;
import com.openai.models.files.FilePurpose;
import com.openai.models.finetuning.jobs.FineTuningJob;
import com.openai.models.finetuning.jobs.FineTuningJobEvent;
import com.openai.models.finetuning.jobs.JobCreateParams;
import com.openai.models.finetuning.jobs.JobListEventsPage;
import com.openai.models.finetuning.jobs.JobListEventsParams;
import com.openai.models.finetuning.jobs.JobListPage;
import com.openai.models.finetuning.jobs.JobListParams;
import com.openai.models.finetuning.methods.SupervisedHyperparameters;
import com.openai.models.finetuning.methods.SupervisedMethod;
import com.openai.services.blocking.finetuning.JobService;
import dev.weft.gateway.fixtures.Http;
import dev.weft.gateway.fixtures.ScriptedEmbedding;
import dev.weft.gateway.fixtures.ScriptedInference;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Fine-tuning as OpenAI's clients ask for it; {@link FineTuningIT} runs the same against the packaged gateway. */
@QuarkusTest
@QuarkusTestResource(ScriptedInference.class)
@QuarkusTestResource(ScriptedEmbedding.class)
@QuarkusTestResource(ScriptedTraining.class)
class FineTuningTest {

    private static final String JOBS = "/v1/fine_tuning/jobs";
    private static final String LINE = "{\"prompt\": \"my card is gone\", \"completion\": \"card_lost\"}\n";
    private static final String[] SERVICE = {"Authorization", "Bearer " + ScriptedInference.TOKEN};

    @TestHTTPResource
    private URI uri;

    private Http http;
    private OpenAIClient client;

    @BeforeEach
    void connect() {
        http = new Http(uri);
        client = OpenAIOkHttpClient.builder()
                .baseUrl(uri.resolve("/v1").toString())
                .apiKey("none")
                .maxRetries(0)
                .build();
    }

    @AfterEach
    void close() {
        client.close();
    }

    private String file() {
        return file(client);
    }

    private static String file(OpenAIClient owner) {
        return owner.files()
                .create(FileCreateParams.builder()
                        .purpose(FilePurpose.FINE_TUNE)
                        .file(LINE.getBytes(StandardCharsets.UTF_8))
                        .build())
                .id();
    }

    private static JobCreateParams.Builder order(String file, String suffix) {
        return JobCreateParams.builder()
                .model("all-minilm-l6-v2")
                .trainingFile(file)
                .suffix(suffix);
    }

    private static JobCreateParams.Method supervised(SupervisedHyperparameters hyperparameters) {
        return JobCreateParams.Method.builder()
                .type(JobCreateParams.Method.Type.SUPERVISED)
                .supervised(SupervisedMethod.builder()
                        .hyperparameters(hyperparameters)
                        .build())
                .build();
    }

    private Http.Answer create(String fields, String... headers) {
        return http.post(
                JOBS,
                "{\"model\": \"all-minilm-l6-v2\", \"training_file\": \"" + file() + "\"" + fields + "}",
                headers);
    }

    private static String message(Http.Answer answer) {
        return answer.json().at("/error/message").asText();
    }

    @Test
    void officialClientWorksUnchanged() {
        String file = file();
        JobService jobs = client.fineTuning().jobs();

        FineTuningJob made = jobs.create(order(file, "intents")
                .seed(7)
                .method(supervised(SupervisedHyperparameters.builder()
                        .nEpochs(3)
                        .batchSizeAuto()
                        .learningRateMultiplier(2.0)
                        .build()))
                .metadata(JobCreateParams.Metadata.builder()
                        .putProperty("team", "cards")
                        .build())
                .build());
        FineTuningJob found = jobs.retrieve(made.id()).validate();

        assertThat(found.status()).isEqualTo(FineTuningJob.Status.QUEUED);
        assertThat(found.model()).isEqualTo("all-minilm-l6-v2");
        assertThat(found.trainingFile()).isEqualTo(file);
        assertThat(found.seed()).isEqualTo(7);
        assertThat(found.createdAt()).isEqualTo(ScriptedTraining.CREATED_AT);
        assertThat(found.finishedAt()).isEmpty();
        assertThat(found.fineTunedModel()).isEmpty();
        assertThat(found.error()).isEmpty();
        assertThat(found.hyperparameters().nEpochs().orElseThrow().asInteger()).isEqualTo(3);
        assertThat(found.hyperparameters().batchSize().orElseThrow().isAuto()).isTrue();
        assertThat(found.hyperparameters()
                        .learningRateMultiplier()
                        .orElseThrow()
                        .asNumber())
                .isEqualTo(2.0);
        assertThat(found.metadata().orElseThrow()._allProperties()).containsKey("team");
        assertThat(jobs.cancel(made.id()).validate().status()).isEqualTo(FineTuningJob.Status.CANCELLED);
        assertThat(jobs.checkpoints().list(made.id()).data()).isEmpty();
    }

    @Test
    void jobCarriesWhatWasUploaded() {
        String id = create(
                        ", \"suffix\": \"carried\", \"method\": {\"type\": \"supervised\", \"supervised\":"
                                + " {\"hyperparameters\": {\"learning_rate_multiplier\": 0.5, \"l2\": 0.1, \"n_epochs\": \"auto\"}}}")
                .json()
                .path("id")
                .asText();

        JsonNode spec = http.get("/api/v1/training/jobs/" + id).json().path("spec");

        assertThat(spec.path("runtime").asText()).isEqualTo("text-classifier");
        assertThat(spec.at("/data_content/file_name").asText()).endsWith(".jsonl");
        assertThat(new String(
                        Base64.getDecoder()
                                .decode(spec.at("/data_content/content").asText()),
                        StandardCharsets.UTF_8))
                .isEqualTo(LINE);
        assertThat(spec.at("/publish/model").asText()).isEqualTo("carried");
        assertThat(spec.at("/publish/metric").asText()).isEqualTo("accuracy");
        assertThat(spec.at("/parameters/model").asText()).isEqualTo("all-minilm-l6-v2");
        assertThat(spec.at("/parameters/learning_rate").asDouble()).isEqualTo(0.015);
        assertThat(spec.at("/parameters/l2").asDouble()).isEqualTo(0.1);
        assertThat(spec.path("parameters").has("epochs")).isFalse();
    }

    @Test
    void whatHasBecomeOfAJobIsTold() {
        JobService jobs = client.fineTuning().jobs();
        String file = file();

        FineTuningJob better =
                jobs.create(order(file, "better-intents").build()).validate();
        FineTuningJob worse = jobs.create(order(file, "worse-intents").build()).validate();
        FineTuningJob broken =
                jobs.create(order(file, "broken-intents").build()).validate();

        assertThat(better.status()).isEqualTo(FineTuningJob.Status.SUCCEEDED);
        assertThat(better.fineTunedModel()).contains("better-intents");
        assertThat(better.finishedAt()).contains(ScriptedTraining.CREATED_AT + 60);
        assertThat(worse.fineTunedModel()).contains("worse-intents@3");
        assertThat(broken.status()).isEqualTo(FineTuningJob.Status.FAILED);
        assertThat(broken.error().orElseThrow().message()).isEqualTo("train.jsonl: line 3: label: missing");
        assertThat(broken.fineTunedModel()).isEmpty();
    }

    @Test
    void listIsInPagesOfWhatThisViewMade() {
        String mark = UUID.randomUUID().toString();
        String mine = ", \"metadata\": {\"mark\": \"" + mark + "\"}";
        String one = create(mine).json().path("id").asText();
        http.post("/api/v1/training/jobs", "{\"runtime\": \"text-classifier\"}");
        String two = create(mine).json().path("id").asText();
        String three = create(mine).json().path("id").asText();
        String marked = JOBS + "?metadata%5Bmark%5D=" + mark;

        JsonNode first = http.get(marked + "&limit=2").json();
        JsonNode second = http.get(marked + "&limit=2&after=" + two).json();
        JobListPage all =
                client.fineTuning().jobs().list(JobListParams.builder().limit(2).build());

        assertThat(first.findValuesAsText("id")).containsExactly(three, two);
        assertThat(first.path("has_more").asBoolean()).isTrue();
        assertThat(second.findValuesAsText("id")).containsExactly(one);
        assertThat(second.path("has_more").asBoolean()).isFalse();
        assertThat(http.get(marked + "&limit=3").json().path("has_more").asBoolean())
                .isFalse();
        assertThat(all.autoPager().stream().map(FineTuningJob::id))
                .contains(one, two, three)
                .doesNotHaveDuplicates();
    }

    @Test
    void eventsAreInPagesTheNewestFirst() {
        String job = create("").json().path("id").asText();
        JobService jobs = client.fineTuning().jobs();

        JobListEventsPage page =
                jobs.listEvents(job, JobListEventsParams.builder().limit(3).build());
        List<FineTuningJobEvent> all = page.autoPager().stream().toList();

        assertThat(page.hasMore()).contains(true);
        assertThat(all).allSatisfy(FineTuningJobEvent::validate);
        assertThat(all.stream().map(FineTuningJobEvent::message))
                .containsExactly(
                        "failed",
                        "succeeded",
                        "step 2: train_loss=0.25",
                        "step 1: train_loss=0.5, valid_loss=0.75",
                        "running",
                        "dispatched",
                        "attempt-failed",
                        "dispatched",
                        "submitted");
        assertThat(all.getFirst().level()).isEqualTo(FineTuningJobEvent.Level.ERROR);
        assertThat(all.get(6).level()).isEqualTo(FineTuningJobEvent.Level.WARN);
        assertThat(all.getLast().createdAt()).isEqualTo(ScriptedTraining.CREATED_AT + 1);
        assertThat(all.stream().map(FineTuningJobEvent::id)).doesNotHaveDuplicates();
        assertThat(jobs.listEvents(job).hasMore()).contains(false);
        assertThat(http.get(JOBS + "/" + job + "/events?after=ftevent-" + job + "-mx")
                        .status())
                .isEqualTo(400);
        assertThat(http.get(JOBS + "/" + job + "/events?after=ftevent-other-3").status())
                .isEqualTo(400);
        assertThat(http.get(JOBS + "/" + job + "/events?limit=0").status()).isEqualTo(400);
    }

    @Test
    void metricsAreEventsOfTheirStep() {
        String job = create("").json().path("id").asText();
        JobListEventsParams behindTheFirstStep = JobListEventsParams.builder()
                .after("ftevent-" + job + "-m3")
                .limit(1)
                .build();

        FineTuningJobEvent step = client.fineTuning()
                .jobs()
                .listEvents(job, behindTheFirstStep)
                .data()
                .getFirst();

        assertThat(step.type()).contains(FineTuningJobEvent.Type.METRICS);
        assertThat(step.level()).isEqualTo(FineTuningJobEvent.Level.INFO);
        assertThat(step.id()).isEqualTo("ftevent-" + job + "-m1");
        assertThat(http.get(JOBS + "/" + job + "/events").json().at("/data/3/data"))
                .hasToString("{\"step\":1,\"train_loss\":0.5,\"valid_loss\":0.75}");
    }

    @Test
    void repeatedRequestMakesOneJob() {
        String fields = ", \"model\": \"all-minilm-l6-v2\", \"training_file\": \"" + file() + "\"";
        String key = UUID.randomUUID().toString();

        Http.Answer first = http.post(JOBS, "{\"seed\": 1" + fields + "}", "Idempotency-Key", key);
        Http.Answer again = http.post(JOBS, "{\"seed\": 1" + fields + "}", "Idempotency-Key", key);
        Http.Answer other = http.post(JOBS, "{\"seed\": 2" + fields + "}", "Idempotency-Key", key);

        assertThat(first.json().path("id").asText()).isEqualTo(key);
        assertThat(again.text()).isEqualTo(first.text());
        assertThat(other.status()).isEqualTo(409);
    }

    @Test
    void jobThatIsNotTheCallersOrNotOfThisViewIsUnknown() {
        String mine = create("").json().path("id").asText();
        String plain = http.post("/api/v1/training/jobs", "{\"runtime\": \"text-classifier\"}")
                .json()
                .path("id")
                .asText();
        OpenAIClient service = client.withOptions(options -> options.apiKey(ScriptedInference.TOKEN));
        Http.Answer refused = create("", SERVICE);
        String theirs = http.post(
                        JOBS,
                        "{\"model\": \"all-minilm-l6-v2\", \"training_file\": \"" + file(service) + "\"}",
                        SERVICE)
                .json()
                .path("id")
                .asText();

        assertThat(refused.status()).as("with somebody else's file").isEqualTo(400);
        assertThat(message(refused)).startsWith("training_file: '").contains("does not exist");

        for (String path : List.of("", "/events", "/checkpoints")) {
            assertThat(http.get(JOBS + "/" + mine + path, SERVICE).status())
                    .as(path)
                    .isEqualTo(404);
            assertThat(http.get(JOBS + "/" + plain + path).status()).as(path).isEqualTo(404);
        }
        assertThat(http.post(JOBS + "/" + mine + "/cancel", "", SERVICE).status())
                .isEqualTo(404);
        assertThat(http.get(JOBS + "?limit=100", SERVICE).json().findValuesAsText("id"))
                .contains(theirs)
                .doesNotContain(mine);
        assertThat(http.get(JOBS + "?after=" + mine, SERVICE).status()).isEqualTo(404);
        assertThat(http.get(JOBS + "/nope").json().at("/error/code").isNull()).isTrue();
    }

    @Test
    void fileThatCannotBeTrainedOnIsRefused() {
        String batch = client.files()
                .create(FileCreateParams.builder()
                        .purpose(FilePurpose.BATCH)
                        .file(LINE.getBytes(StandardCharsets.UTF_8))
                        .build())
                .id();

        Http.Answer unknown = http.post(JOBS, "{\"model\": \"all-minilm-l6-v2\", \"training_file\": \"file-nope\"}");
        Http.Answer wrong = http.post(JOBS, "{\"model\": \"all-minilm-l6-v2\", \"training_file\": \"" + batch + "\"}");
        Http.Answer large =
                http.post(JOBS, "{\"model\": \"all-minilm-l6-v2\", \"training_file\": \"" + largeFile() + "\"}");

        assertThat(unknown.status()).isEqualTo(400);
        assertThat(message(unknown)).startsWith("training_file: 'file-nope' does not exist");
        assertThat(wrong.status()).isEqualTo(400);
        assertThat(message(wrong)).contains("has the purpose batch (expected: fine-tune)");
        assertThat(large.status()).isEqualTo(413);
        assertThat(message(large)).contains("8388609 bytes (expected: at most 8388608");
    }

    @Test
    void modelThatNobodyHasIsRefusedAtOnce() {
        String order = "{\"model\": \"nope\", \"training_file\": \"" + file() + "\"}";

        // The gateway knows which models there are a moment after its start.
        Http.Answer refused = await().until(() -> http.post(JOBS, order), answer -> answer.status() != 200);

        assertThat(refused.status()).isEqualTo(404);
        JsonNode error = refused.json().path("error");
        assertThat(error.path("type").asText()).isEqualTo("invalid_request_error");
        assertThat(error.path("param").asText()).isEqualTo("model");
        assertThat(error.path("code").asText()).isEqualTo("model_not_found");
        assertThat(message(refused)).startsWith("model: 'nope' is unknown");
    }

    private String largeFile() {
        HttpRequest.BodyPublisher form = HttpRequest.BodyPublishers.concat(
                HttpRequest.BodyPublishers.ofString(
                        "--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"large.jsonl\"\r\n\r\n"),
                HttpRequest.BodyPublishers.ofByteArray(new byte[(8 << 20) + 1]),
                // Behind the file, whose purpose is told again then.
                HttpRequest.BodyPublishers.ofString(
                        "\r\n--cut\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nfine-tune\r\n--cut--\r\n"));
        Http.Answer answer = http.send(http.request("/v1/files", "Content-Type", "multipart/form-data; boundary=cut")
                .POST(form));
        assertThat(answer.json().path("purpose").asText()).as(answer.text()).isEqualTo("fine-tune");
        return answer.json().path("id").asText();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                ", \"validation_file\": \"file-1\"|validation_file: \"file-1\" (expected: none; a part",
                ", \"integrations\": [{\"type\": \"wandb\"}]|integrations: 1 (expected: none",
                ", \"method\": {\"type\": \"dpo\"}|method.type: 'dpo' (expected: supervised)",
                ", \"suffix\": \"a b\"|suffix: 'a b' (expected: 1 to 128 of letters",
                ", \"hyperparameters\": {\"beta\": 1}|hyperparameters.beta: unknown to the runtime text-classifier"
                        + " (expected: one of [batch_size, epochs, l2, learning_rate, learning_rate_multiplier, n_epochs])",
            })
    void whatIsNotThereIsRefused(String fields, String message) {
        Http.Answer answer = create(fields);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(message(answer)).startsWith(message);
        assertThat(answer.json().at("/error/type").asText()).isEqualTo("invalid_request_error");
    }
}
