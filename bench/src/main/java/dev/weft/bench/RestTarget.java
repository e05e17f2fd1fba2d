package dev.weft.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;

/** OpenAI's embeddings over REST at the gateway, one text per request, base64 as its official clients ask for. */
final class RestTarget implements Target {

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Endpoint gateway;
    private final List<Text> texts;
    private final List<HttpRequest> requests;

    RestTarget(Endpoint gateway, List<Text> texts) {
        this.gateway = gateway;
        this.texts = texts;
        this.requests =
                texts.stream().map(text -> request(gateway, text.value())).toList();
    }

    /** Such a request; the text must need no escape in JSON. */
    static HttpRequest request(Endpoint gateway, String text) {
        return HttpRequest.newBuilder(URI.create("http://" + gateway.address() + "/v1/embeddings"))
                .timeout(Duration.ofSeconds(30))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"model\": \"" + BundledModel.NAME + "\", \"input\": \""
                        + text + "\", \"encoding_format\": \"base64\"}"))
                .build();
    }

    @Override
    public String label() {
        return "gateway REST";
    }

    @Override
    public int rows() {
        return 1;
    }

    @Override
    public int call(int number) throws IOException, InterruptedException {
        int index = Math.floorMod(number, requests.size());
        gateway.sent().increment();
        HttpResponse<byte[]> response = client.send(requests.get(index), HttpResponse.BodyHandlers.ofByteArray());
        if (response.statusCode() != 200) {
            throw new IOException("HTTP " + response.statusCode());
        }
        return texts.get(index).tokens();
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
