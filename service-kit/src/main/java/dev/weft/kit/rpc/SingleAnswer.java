package dev.weft.kit.rpc;

import io.grpc.Context;
import io.grpc.Metadata;

/**
 * A stream of requests of which its caller sends one. V2 tells in a message that a request has failed, so that the stream can go on behind it; a caller
 * with a single request wants the call itself to fail, which is what retries and fallbacks look at.
 */
public final class SingleAnswer {

    /** Metadata that says so. */
    public static final String HEADER = "weft-single-answer";

    /** What it says. */
    public static final String VALUE = "true";

    /** {@link #HEADER} as gRPC's metadata. */
    public static final Metadata.Key<String> METADATA = Metadata.Key.of(HEADER, Metadata.ASCII_STRING_MARSHALLER);

    /** Where a call keeps it; absent when there may be more requests. */
    public static final Context.Key<Boolean> CONTEXT = Context.key(HEADER);

    private SingleAnswer() {}
}
