package dev.weft.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;

/** OpenAI's embeddings over REST at the gateway, base64 as its official clients ask for. */
final class RestTarget implements Target {

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final List<HttpRequest> requests;

    RestTarget(String address) {
        requests = Sentences.ALL.stream()
                .map(sentence -> HttpRequest.newBuilder(URI.create("http://" + address + "/v1/embeddings"))
                        .timeout(Duration.ofSeconds(30))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString("{\"model\": \"" + Sentences.MODEL
                                + "\", \"input\": \"" + sentence + "\", \"encoding_format\": \"base64\"}"))
                        .build())
                .toList();
    }

    @Override
    public String label() {
        return "gateway REST";
    }

    @Override
    public void embed(int sentence) throws IOException, InterruptedException {
        HttpResponse<byte[]> response = client.send(
                requests.get(Math.floorMod(sentence, requests.size())), HttpResponse.BodyHandlers.ofByteArray());
        if (response.statusCode() != 200) {
            throw new IOException("HTTP " + response.statusCode());
        }
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
