package dev.weft.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.bench.Report.Table;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** From labelled texts to the first answer of the model that was trained with them, by the built-in text classifier. */
@Command(
        name = "training",
        mixinStandardHelpOptions = true,
        description =
                "Trains a classifier of the example data, in as many wordings as it takes, publishes it and asks it.")
final class TrainingScenario extends Scenario {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration LIMIT = Duration.ofMinutes(30);
    private static final List<String> OPENINGS = List.of(
            "",
            "Hello, ",
            "Good morning. ",
            "Hi there! ",
            "Excuse me, ",
            "Quick question: ",
            "One more thing: ",
            "As I said on the phone, ",
            "I am writing from abroad. ",
            "Dear team, ");
    private static final List<String> ENDINGS = List.of(
            "",
            " Thanks!",
            " Please answer soon.",
            " It is urgent.",
            " Kind regards",
            " What can you do?",
            " I have been waiting for days.",
            " This is the second time.",
            " My husband asks, too.",
            " Best wishes");

    @Option(
            names = "--rows",
            split = ",",
            defaultValue = "500,2000,5000,10000",
            description = "of the training data, one job after the other (default: ${DEFAULT-VALUE})")
    private List<Integer> rows = List.of();

    private final HttpClient http = HttpClient.newHttpClient();

    /** A text and its label. */
    private record Example(String text, String label) {}

    @Override
    int run(Report report) throws Exception {
        List<Example> examples = examples("train.csv");
        List<Example> heldOut = examples("held-out.csv");
        Table table =
                new Table("training", "rows", "to published s", "to first answer s", "rows/s", "held-out accuracy");
        try (Mesh mesh = Mesh.start(root(), isNative())) {
            for (int count : rows) {
                report.progress("%d rows", count);
                long start = System.nanoTime();
                String model = train(mesh, examples, count);
                double published = seconds(start);
                awaitServed(mesh, model, start);
                double served = seconds(start);
                table.row(count, published, served, count / served, accuracy(mesh, model, heldOut));
            }
        }
        report.add(table);
        report.note(
                "The %d texts of deploy/examples/banking-intents with up to %d openings and endings; accuracy on the %d texts held out, which have none.",
                examples.size(), OPENINGS.size() * ENDINGS.size(), heldOut.size());
        return 0;
    }

    private List<Example> examples(String file) throws IOException {
        List<Example> examples = new ArrayList<>();
        Path path = root().resolve("deploy/examples/banking-intents").resolve(file);
        for (String line : Files.readAllLines(path).stream().skip(1).toList()) {
            int comma = line.lastIndexOf(',');
            String text = line.substring(0, comma);
            boolean quoted = text.startsWith("\"");
            examples.add(new Example(
                    quoted ? text.substring(1, text.length() - 1).replace("\"\"", "\"") : text,
                    line.substring(comma + 1)));
        }
        return examples;
    }

    /** Trains and publishes a model; its name. */
    private String train(Mesh mesh, List<Example> examples, int count) throws IOException, InterruptedException {
        int wordings = OPENINGS.size() * ENDINGS.size();
        if (count > examples.size() * wordings) {
            throw new IllegalArgumentException(
                    "--rows: " + count + " (expected: at most " + examples.size() * wordings + ")");
        }
        StringBuilder lines = new StringBuilder();
        for (int row = 0; row < count; row++) {
            Example example = examples.get(row % examples.size());
            int wording = row / examples.size();
            ObjectNode line = JSON.createObjectNode();
            line.put(
                    "text",
                    OPENINGS.get(wording % OPENINGS.size()) + example.text() + ENDINGS.get(wording / OPENINGS.size()));
            line.put("label", example.label());
            lines.append(line).append('\n');
        }
        String model = "bench-" + count;
        ObjectNode job = JSON.createObjectNode().put("runtime", "text-classifier");
        job.putObject("data_content")
                .put("file_name", "train.jsonl")
                .put(
                        "content",
                        Base64.getEncoder().encodeToString(lines.toString().getBytes(StandardCharsets.UTF_8)));
        job.putObject("publish").put("model", model).put("metric", "accuracy");
        String id = send(request(mesh, "/api/v1/training/jobs").POST(BodyPublishers.ofString(job.toString())))
                .path("id")
                .asText();
        awaitPublished(mesh, id);
        return model;
    }

    private void awaitPublished(Mesh mesh, String id) throws IOException, InterruptedException {
        long start = System.nanoTime();
        while (true) {
            JsonNode job = send(request(mesh, "/api/v1/training/jobs/" + id).GET());
            if (job.path("ended").asBoolean()) {
                if (job.path("state").asText().equals("JOB_STATE_PUBLISHED")) {
                    return;
                }
                throw new IOException("the training job has failed: " + job);
            }
            pause(start);
        }
    }

    private void awaitServed(Mesh mesh, String model, long start) throws IOException, InterruptedException {
        ObjectNode question = JSON.createObjectNode().put("model", model).put("input", "my card was stolen");
        HttpRequest request = request(mesh, "/api/v1/classify")
                .POST(BodyPublishers.ofString(question.toString()))
                .build();
        while (http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() != 200) {
            pause(start);
        }
    }

    private double accuracy(Mesh mesh, String model, List<Example> heldOut) throws IOException, InterruptedException {
        ObjectNode body = JSON.createObjectNode();
        ObjectNode input = body.putArray("inputs").addObject();
        input.put("name", "TEXT").put("datatype", "BYTES").putArray("shape").add(heldOut.size());
        heldOut.forEach(example -> input.withArray("data").add(example.text()));
        body.putArray("outputs").addObject().put("name", "LABEL");
        JsonNode labels = send(request(mesh, "/v2/models/" + model + "/infer")
                        .POST(BodyPublishers.ofString(body.toString())))
                .at("/outputs/0/data");
        int right = 0;
        for (int i = 0; i < heldOut.size(); i++) {
            right += labels.path(i).asText().equals(heldOut.get(i).label()) ? 1 : 0;
        }
        return (double) right / heldOut.size();
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) / 1e9;
    }

    private static void pause(long start) {
        if (System.nanoTime() - start > LIMIT.toNanos()) {
            throw new IllegalStateException("not done within " + LIMIT);
        }
        LockSupport.parkNanos(POLL.toNanos());
    }

    private static HttpRequest.Builder request(Mesh mesh, String path) {
        return HttpRequest.newBuilder(URI.create("http://" + mesh.gateway().address() + path))
                .timeout(Duration.ofMinutes(2));
    }

    private JsonNode send(HttpRequest.Builder request) throws IOException, InterruptedException {
        HttpResponse<String> answer = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() / 100 != 2) {
            throw new IOException(answer.uri() + ": " + answer.statusCode() + " " + answer.body());
        }
        return JSON.readTree(answer.body());
    }
}
