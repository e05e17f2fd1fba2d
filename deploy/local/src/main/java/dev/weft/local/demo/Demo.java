package dev.weft.local.demo;

import dev.weft.local.process.LaunchFailure;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Trains a classifier of banking intents at a running mesh, and asks it; tells what happens. */
public final class Demo {

    private static final String MODEL = "banking-intents";
    private static final String SENTENCE = "somebody stole my wallet and the card was in it";
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Pattern EVENT = Pattern.compile(
            "\\{\"number\":\"(\\d+)\".*?\"type\":\"([^\"]*)\"(?:,\"message\":\"((?:[^\"\\\\]|\\\\.)*)\")?}");
    private static final Pattern STATE = Pattern.compile("\"state\":\"JOB_STATE_([A-Z]+)\"");

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String address;
    private final Path data;
    private final PrintStream out;

    /**
     * The demo of a mesh.
     *
     * @param address of its gateway, {@code http://…}
     * @param data the folder of the examples
     */
    public Demo(String address, Path data, PrintStream out) {
        this.address = address;
        this.data = data;
        this.out = out;
    }

    /** A text and its label. */
    private record Example(String text, String label) {}

    /**
     * Runs it.
     *
     * @return the part of the held-out texts that the trained model labels right
     * @throws LaunchFailure saying what went wrong
     */
    public double run() {
        long start = System.nanoTime();
        List<Example> heldOut = examples(data.resolve("held-out.csv"));
        String job = submit();
        out.printf("Training job %s: %s%n", job, data.resolve("train.csv"));
        follow(job);
        String classified = awaitServed();
        long served = System.nanoTime();
        out.printf("%nAsked for \"%s\":%n  /api/v1/classify   %s%n", SENTENCE, shortened(classified));
        out.printf("  /v2/models/%s   %s%n", MODEL, shortened(infer()));
        double accuracy = accuracy(heldOut);
        out.printf(
                Locale.ROOT,
                "%n%.1f %% of %d texts that it has never seen get the right one of 13 labels.%n"
                        + "From the data to the first answer: %.1f s, without a restart.%n",
                100 * accuracy,
                heldOut.size(),
                (served - start) / 1e9);
        return accuracy;
    }

    private String submit() {
        String content;
        try {
            content = Base64.getEncoder().encodeToString(Files.readAllBytes(data.resolve("train.csv")));
        } catch (IOException e) {
            throw new LaunchFailure(data + " cannot be read: " + e.getMessage());
        }
        String answer = post(
                "/api/v1/training/jobs",
                "{\"runtime\": \"text-classifier\", \"data_content\": {\"file_name\": \"train.csv\", \"content\": \""
                        + content + "\"}, \"publish\": {\"model\": \"" + MODEL + "\", \"metric\": \"accuracy\"}}");
        Matcher id = Pattern.compile("\"id\":\"([^\"]+)\"").matcher(answer);
        if (!id.find()) {
            throw new LaunchFailure("the training job was answered by " + answer);
        }
        return id.group(1);
    }

    /** Tells events as they come, until the job has ended. */
    private void follow(String job) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        long seen = 0;
        while (System.nanoTime() < end) {
            String state = get("/api/v1/training/jobs/" + job);
            Matcher events = EVENT.matcher(get("/api/v1/training/jobs/" + job + "/events?after=" + seen));
            while (events.find()) {
                seen = Long.parseLong(events.group(1));
                out.printf("  %-12s %s%n", events.group(2), events.group(3) == null ? "" : plain(events.group(3)));
            }
            if (state.contains("\"ended\":true")) {
                Matcher at = STATE.matcher(state);
                if (at.find() && at.group(1).equals("PUBLISHED")) {
                    return;
                }
                throw new LaunchFailure("the training job has failed: " + state);
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
        throw new LaunchFailure("the training job did not end within " + PATIENCE.toMinutes() + " minutes");
    }

    /** A gateway hears of a new version within a second, and the first request has it loaded. */
    private String awaitServed() {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            HttpResponse<String> answer = send(request("/api/v1/classify").POST(body(classify(List.of(SENTENCE)))));
            if (answer.statusCode() == 200) {
                return answer.body();
            }
            if (System.nanoTime() > end) {
                throw new LaunchFailure("the trained model is not served: " + answer.body());
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
    }

    private String infer() {
        return post(
                "/v2/models/" + MODEL + "/infer",
                "{\"inputs\": [{\"name\": \"TEXT\", \"shape\": [1], \"datatype\": \"BYTES\", \"data\": [\"" + SENTENCE
                        + "\"]}], \"outputs\": [{\"name\": \"LABEL\"}]}");
    }

    private double accuracy(List<Example> examples) {
        String answer = post(
                "/v2/models/" + MODEL + "/infer",
                "{\"inputs\": [{\"name\": \"TEXT\", \"shape\": [" + examples.size()
                        + "], \"datatype\": \"BYTES\", \"data\": "
                        + array(examples.stream().map(Example::text).toList())
                        + "}], \"outputs\": [{\"name\": \"LABEL\"}]}");
        int from = answer.indexOf("\"data\":[");
        List<String> labels = new ArrayList<>();
        Matcher label = Pattern.compile("\"([a-z_]+)\"").matcher(answer.substring(from + "\"data\":".length()));
        while (label.find()) {
            labels.add(label.group(1));
        }
        int right = 0;
        for (int i = 0; i < examples.size() && i < labels.size(); i++) {
            right += examples.get(i).label().equals(labels.get(i)) ? 1 : 0;
        }
        return (double) right / examples.size();
    }

    private static String classify(List<String> texts) {
        return "{\"model\": \"" + MODEL + "\", \"input\": " + array(texts) + "}";
    }

    private static String array(List<String> texts) {
        List<String> quoted = texts.stream()
                .map(text -> "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"")
                .toList();
        return "[" + String.join(", ", quoted) + "]";
    }

    /** The rows of the examples, which have no line breaks in them. */
    private static List<Example> examples(Path file) {
        try {
            return Files.readAllLines(file).stream()
                    .skip(1)
                    .filter(line -> !line.isBlank())
                    .map(line -> {
                        int comma = line.lastIndexOf(',');
                        String text = line.substring(0, comma);
                        boolean quoted = text.startsWith("\"") && text.endsWith("\"");
                        return new Example(
                                quoted ? text.substring(1, text.length() - 1).replace("\"\"", "\"") : text,
                                line.substring(comma + 1));
                    })
                    .toList();
        } catch (IOException e) {
            throw new LaunchFailure(file + " cannot be read: " + e.getMessage());
        }
    }

    /** JSON's writer at the gateway writes some signs as if they were to stand in HTML. */
    private static String plain(String escaped) {
        return escaped.replace("\\u003d", "=").replace("\\u0027", "'").replace("\\\"", "\"");
    }

    private static String shortened(String answer) {
        return answer.length() > 160 ? answer.substring(0, 160) + "…" : answer;
    }

    private String get(String path) {
        return requireOk(send(request(path).GET()));
    }

    private String post(String path, String body) {
        return requireOk(send(request(path).POST(body(body))));
    }

    private static HttpRequest.BodyPublisher body(String text) {
        return HttpRequest.BodyPublishers.ofString(text);
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(address + path)).timeout(Duration.ofSeconds(60));
    }

    private static String requireOk(HttpResponse<String> answer) {
        if (answer.statusCode() / 100 != 2) {
            throw new LaunchFailure(answer.request().uri() + " answered " + answer.statusCode() + ": " + answer.body());
        }
        return answer.body();
    }

    private HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new LaunchFailure(address + " does not answer; is a mesh up? (./weft up)"
                    + (e.getMessage() == null ? "" : ": " + e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LaunchFailure("interrupted");
        }
    }
}
