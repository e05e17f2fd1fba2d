package dev.weft.embedding.vectorstore.pinecone;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.embedding.vectorstore.Filter;
import dev.weft.embedding.vectorstore.Include;
import dev.weft.embedding.vectorstore.Match;
import dev.weft.embedding.vectorstore.Metric;
import dev.weft.embedding.vectorstore.Point;
import dev.weft.embedding.vectorstore.Selection;
import dev.weft.embedding.vectorstore.VectorQuery;
import dev.weft.embedding.vectorstore.VectorSpace;
import dev.weft.embedding.vectorstore.VectorStore;
import dev.weft.kit.error.Failure.NotFound;
import dev.weft.kit.time.Deadline;
import jakarta.inject.Singleton;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;

/**
 * Keeps each space in a namespace of an index that spaces of its kind share. What was written is found some seconds later; a point whose writing was
 * cut off may be there.
 *
 * @see <a href="https://docs.pinecone.io/reference/api/latest/data-plane/upsert">Upsert</a>
 * @see <a href="https://docs.pinecone.io/reference/api/latest/data-plane/query">Query</a>
 * @see <a href="https://docs.pinecone.io/reference/api/latest/data-plane/fetch">Fetch</a>
 * @see <a href="https://docs.pinecone.io/reference/api/latest/data-plane/delete">Delete</a>
 * @see <a href="https://docs.pinecone.io/reference/api/latest/data-plane/describeindexstats">Statistics</a>
 */
@Singleton
final class PineconeVectorStore implements VectorStore {

    private static final int IDS_TO_DELETE = 1_000;
    private static final int IDS_TO_FETCH = 100;
    private static final int IDS_TO_LIST = 100;

    /** Ids to fetch stand in the address. */
    private static final int ADDRESS_CHARACTERS = 6_000;

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private final PineconeClient client;
    private final PineconeIndexes indexes;

    PineconeVectorStore(PineconeClient client, PineconeIndexes indexes) {
        this.client = client;
        this.indexes = indexes;
    }

    @Override
    public String name() {
        return "pinecone";
    }

    private static String namespace(VectorSpace space) {
        return "collection-" + space.id();
    }

    private JsonNode post(VectorSpace space, String path, ObjectNode body, Deadline deadline) {
        URI uri = indexes.host(space, deadline).resolve(path);
        return client.call("POST", uri, body.put("namespace", namespace(space)), deadline);
    }

    @Override
    public void create(VectorSpace space, Deadline deadline) {
        indexes.create(space, deadline);
    }

    @Override
    public void drop(VectorSpace space, Deadline deadline) {
        try {
            clear(space, deadline);
        } catch (NotFound _) {
            // No such index: then there are no points of it either.
            return;
        }
    }

    @Override
    public void upsert(VectorSpace space, List<Point> points, Deadline deadline) {
        for (ArrayNode part : PineconePoints.parts(points)) {
            ObjectNode body = NODES.objectNode();
            body.set("vectors", part);
            post(space, "/vectors/upsert", body, deadline);
        }
    }

    @Override
    public List<Match> query(VectorSpace space, VectorQuery query, Deadline deadline) {
        Include include = query.include();
        ObjectNode body = NODES.objectNode()
                .put("topK", query.topK())
                .put("includeValues", include.vector())
                .put("includeMetadata", include.metadata() || include.text());
        ArrayNode vector = body.putArray("vector");
        for (float value : query.near()) {
            vector.add(value);
        }
        if (!query.filter().equals(Filter.all())) {
            body.set("filter", PineconeFilter.of(query.filter()));
        }
        List<Match> matches = new ArrayList<>();
        for (JsonNode match : post(space, "/query", body, deadline).path("matches")) {
            float score = score(space.metric(), match.path("score").asDouble());
            if (query.takes(score)) {
                matches.add(new Match(PineconePoints.point(match.path("id").asText(), match, include), score));
            }
        }
        return matches;
    }

    /** Pinecone tells the square of the distance. */
    private static float score(Metric metric, double score) {
        return switch (metric) {
            case COSINE, DOT -> (float) score;
            case EUCLIDEAN -> -(float) Math.sqrt(Math.max(0, score));
        };
    }

    @Override
    public List<Point> fetch(VectorSpace space, List<String> ids, boolean withVectors, Deadline deadline) {
        Include include = new Include(withVectors, true, true);
        Map<String, Point> kept = new HashMap<>();
        StringBuilder asked = new StringBuilder();
        int count = 0;
        for (String id : ids) {
            asked.append("&ids=").append(encode(id));
            count++;
            if (count == IDS_TO_FETCH || asked.length() > ADDRESS_CHARACTERS) {
                fetch(space, asked.toString(), include, kept, deadline);
                asked.setLength(0);
                count = 0;
            }
        }
        if (count > 0) {
            fetch(space, asked.toString(), include, kept, deadline);
        }
        return ids.stream().map(kept::get).filter(Objects::nonNull).toList();
    }

    private void fetch(VectorSpace space, String ids, Include include, Map<String, Point> kept, Deadline deadline) {
        URI uri = indexes.host(space, deadline).resolve("/vectors/fetch?namespace=" + namespace(space) + ids);
        client.call("GET", uri, null, deadline)
                .path("vectors")
                .properties()
                .forEach(record ->
                        kept.put(record.getKey(), PineconePoints.point(record.getKey(), record.getValue(), include)));
    }

    private static String encode(String id) {
        return URLEncoder.encode(id, StandardCharsets.UTF_8).replace("+", "%20");
    }

    @Override
    public Scan scan(VectorSpace space, String cursor, int limit, Deadline deadline) {
        String query = "/vectors/list?namespace=" + namespace(space) + "&limit=" + Math.min(limit, IDS_TO_LIST)
                + (cursor.isEmpty() ? "" : "&paginationToken=" + encode(cursor));
        PineconeClient.Answer answer =
                client.ask("GET", indexes.host(space, deadline).resolve(query), null, deadline);
        if (answer.status() == 404) {
            // A namespace comes with its first point.
            return new Scan(List.of(), "");
        }
        if (!answer.isOk()) {
            throw PineconeClient.failure(answer);
        }
        JsonNode page = answer.body();
        List<String> ids = new ArrayList<>();
        page.path("vectors").forEach(vector -> ids.add(vector.path("id").asText()));
        return new Scan(
                fetch(space, ids, false, deadline),
                page.path("pagination").path("next").asText(""));
    }

    @Override
    public OptionalLong delete(VectorSpace space, Selection selection, Deadline deadline) {
        switch (selection) {
            case Selection.Ids(List<String> ids) -> {
                for (int start = 0; start < ids.size(); start += IDS_TO_DELETE) {
                    ObjectNode body = NODES.objectNode();
                    ArrayNode array = body.putArray("ids");
                    ids.subList(start, Math.min(ids.size(), start + IDS_TO_DELETE))
                            .forEach(array::add);
                    post(space, "/vectors/delete", body, deadline);
                }
            }
            case Selection.Matching(Filter filter) -> {
                ObjectNode body = NODES.objectNode();
                body.set("filter", PineconeFilter.of(filter));
                post(space, "/vectors/delete", body, deadline);
            }
            case Selection.Everything() -> clear(space, deadline);
        }
        return OptionalLong.empty();
    }

    /** A namespace comes with its first point: until then there is nothing to clear, which Pinecone calls 404. */
    private void clear(VectorSpace space, Deadline deadline) {
        URI uri = indexes.host(space, deadline).resolve("/vectors/delete");
        ObjectNode body = NODES.objectNode().put("deleteAll", true).put("namespace", namespace(space));
        PineconeClient.Answer answer = client.ask("POST", uri, body, deadline);
        if (!answer.isOk() && answer.status() != 404) {
            throw PineconeClient.failure(answer);
        }
    }

    @Override
    public long count(VectorSpace space, Deadline deadline) {
        URI uri = indexes.host(space, deadline).resolve("/describe_index_stats");
        return client.call("POST", uri, NODES.objectNode(), deadline)
                .path("namespaces")
                .path(namespace(space))
                .path("vectorCount")
                .asLong(0);
    }
}
