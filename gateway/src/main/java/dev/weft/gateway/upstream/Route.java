package dev.weft.gateway.upstream;

import dev.weft.gateway.catalog.ResolvedModel;
import dev.weft.gateway.http.AnsweredBy;
import dev.weft.kit.error.Failure;
import java.util.ArrayList;
import java.util.List;

/** Which models one call was tried on, for its response to tell. Belongs to the call's event loop, and is read when the call has ended. */
public final class Route {

    /** Of a call that is about no model. */
    static final Route NONE = new Route();

    private static final int LONGEST_REASON = 200;

    private final List<String> tried = new ArrayList<>(0);
    private String backend = "";

    void at(ResolvedModel model) {
        backend = model.version().isEmpty() && tried.isEmpty() ? "" : model.key();
    }

    void failed(ResolvedModel model, Failure why) {
        failed(model.key(), why);
    }

    void failed(String key, Failure why) {
        String reason = why.getMessage();
        tried.add(key + " (" + why.getClass().getSimpleName() + ": "
                + (reason.length() > LONGEST_REASON ? reason.substring(0, LONGEST_REASON) : reason) + ")");
    }

    /** {@link AnsweredBy#BACKEND_HEADER}'s value; empty for a model that is not in the catalog. */
    public String backend() {
        return backend;
    }

    /** {@link AnsweredBy#TRIED_HEADER}'s value, percent-encoded where it is no printable ASCII; empty when the first one answered. */
    public String tried() {
        return GrpcHeaders.encode(String.join(", ", tried));
    }
}
