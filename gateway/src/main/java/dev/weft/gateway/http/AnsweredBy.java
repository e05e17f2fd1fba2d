package dev.weft.gateway.http;

import io.vertx.core.MultiMap;

/** Which model has answered, and which were tried before. Thread-safe: written by the request's thread, read by the event loop. */
public final class AnsweredBy {

    /** Header, and metadata of gRPC, that tells which model answered: {@code name:version}. */
    public static final String BACKEND_HEADER = "x-weft-backend";

    /** Header, and metadata of gRPC, that tells which were tried before it, and why each did not answer. */
    public static final String TRIED_HEADER = "x-weft-tried";

    private String backend = "";
    private String tried = "";

    /**
     * Notes it for the answer.
     *
     * @param model empty for a model that is not in the catalog
     * @param before empty when the first one answered
     */
    public synchronized void note(String model, String before) {
        backend = model;
        tried = before;
    }

    synchronized void write(MultiMap headers) {
        if (!backend.isEmpty()) {
            headers.set(BACKEND_HEADER, backend);
        }
        if (!tried.isEmpty()) {
            headers.set(TRIED_HEADER, tried);
        }
    }
}
