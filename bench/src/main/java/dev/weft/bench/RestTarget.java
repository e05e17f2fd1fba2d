package dev.weft.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;

/** OpenAI's embeddings over REST at the gateway, one text per request, base64 as its official clients ask for. */
final class RestTarget implements Target {

    private final Endpoint gateway;
    private final List<Text> texts;
    private final List<byte[]> requests;
    private final Deque<HttpConnection> idle = new ConcurrentLinkedDeque<>();

    RestTarget(Endpoint gateway, List<Text> texts) {
        this.gateway = gateway;
        this.texts = texts;
        this.requests = texts.stream()
                .map(text -> HttpConnection.post(body(text.value())))
                .toList();
    }

    private static String body(String text) {
        return "{\"model\": \"" + BundledModel.NAME + "\", \"input\": \"" + text
                + "\", \"encoding_format\": \"base64\"}";
    }

    /** Such a request; the text must need no escape in JSON. */
    static HttpRequest request(Endpoint gateway, String text) {
        return HttpRequest.newBuilder(URI.create("http://" + gateway.address() + "/v1/embeddings"))
                .timeout(Duration.ofSeconds(30))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body(text)))
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
    public int call(int number) throws IOException {
        int index = Math.floorMod(number, requests.size());
        gateway.sent().increment();
        HttpConnection connection = idle.pollFirst();
        if (connection == null) {
            connection = new HttpConnection(gateway.address());
        }
        try {
            connection.exchange(requests.get(index));
        } catch (HttpConnection.Refused e) {
            idle.addFirst(connection);
            throw e;
        }
        idle.addFirst(connection);
        return texts.get(index).tokens();
    }

    @Override
    public void close() {
        idle.forEach(HttpConnection::close);
    }
}
