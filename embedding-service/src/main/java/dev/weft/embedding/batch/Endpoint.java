package dev.weft.embedding.batch;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the rows of a batch ask for. */
public sealed interface Endpoint {

    /** Vectors of texts, which go into the output. */
    Endpoint EMBEDDINGS = new Embeddings();

    /** How clients name it: the path of the request that a row stands for. */
    String path();

    /** Vectors of texts, which go into the output. */
    record Embeddings() implements Endpoint {
        @Override
        public String path() {
            return "/v1/embeddings";
        }
    }

    /** Points for a collection, whose texts are embedded; the output tells how many. */
    record Points(String collection) implements Endpoint {

        private static final Pattern PATH = Pattern.compile("/api/v1/collections/([^/]+)/points");

        @Override
        public String path() {
            return "/api/v1/collections/" + collection + "/points";
        }
    }

    /**
     * The endpoint of that path.
     *
     * @throws InvalidArgument when there is none
     */
    static Endpoint of(String path) {
        if (path.equals(EMBEDDINGS.path())) {
            return EMBEDDINGS;
        }
        Matcher points = Points.PATH.matcher(path);
        if (points.matches()) {
            return new Points(points.group(1));
        }
        throw new InvalidArgument("endpoint: '" + path + "' (expected: one of [" + EMBEDDINGS.path() + ", "
                + new Points("NAME").path() + "])");
    }
}
